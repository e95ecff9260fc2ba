/** Lists what operators did, newest first. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { ActionDetail } from './actions.ts';

export interface ListedAction {
  readonly id: number;
  readonly at: Date;
  readonly action: string;
  /** Who did it. */
  readonly by: string;
  readonly detail: ActionDetail;
}

export interface ActionPage {
  readonly actions: readonly ListedAction[];
  /** The id below which the next page begins; null when there is none. */
  readonly next: number | null;
}

/** Lists up to `limit` actions of a lower id than `before`; null: the newest. */
export async function listActions(db: Database, before: number | null, limit: number): Promise<ActionPage> {
  // One row more than `limit` shows whether there is a next page.
  const rows = await db.run(
    sql<ListedAction>`
      select id, at, action, operator as by, detail from actions
      where id < coalesce(${before}::bigint, 9223372036854775807)
      order by id desc limit ${limit + 1}`.compile(db.kysely),
  );
  const actions = rows.slice(0, limit);
  return { actions, next: rows.length > limit ? (actions.at(-1)?.id ?? null) : null };
}
