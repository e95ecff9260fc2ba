/** Lists replays of many deliveries, newest first: those that run and those that have ended. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { ReplayRequest } from '../deliveries/replay-request.ts';
import { REPLAY_COLUMNS, type Replay } from './replay-store.ts';

/** What was asked for, with the number of the ids instead of up to a thousand of them. */
export type ListedFilter = { readonly [field in keyof Omit<ReplayRequest, 'ids'>]?: string } & {
  readonly ids?: number;
};

export interface ListedReplay extends Replay {
  /** Who started it. */
  readonly by: string;
  readonly filter: ListedFilter;
}

/** Lists up to `limit` replays. */
export async function listReplays(db: Database, limit: number): Promise<ListedReplay[]> {
  const rows = await db.run(
    sql<ListedReplay & { readonly ids: number | null }>`
      select ${REPLAY_COLUMNS}, r.created_by as by, (r.filter::jsonb - 'ids')::json as filter,
             json_array_length(r.filter -> 'ids') as ids
      from (select * from replays order by created_at desc limit ${limit}) r
      order by r.created_at desc`.compile(db.kysely),
  );
  return rows.map(({ ids, filter, ...replay }) => ({
    ...replay,
    filter: { ...filter, ...(ids === null ? {} : { ids }) },
  }));
}
