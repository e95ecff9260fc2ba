/** Prunes old actions of operators. The statement of retention.ts. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { BATCH_LIMIT, BATCH_SIZE, type PruneStep, TRY_LOCK } from './prune.ts';

/** Prunes those of a higher id than `after`, oldest first: ids grow with time. */
export async function pruneActions(db: Database, retentionDays: number, after: number): Promise<PruneStep<number>> {
  const rows = await db.run(
    sql<{ readonly count: number; readonly last: number | null }>`
      with oldest as materialized (
        select id, at from actions where ${TRY_LOCK} and id > ${after}::bigint order by id limit ${BATCH_LIMIT}
      ), removed as (
        delete from actions where id = any (array(
          select id from oldest where at < now() - ${retentionDays}::int * interval '1 day'
        ))
        returning id
      )
      select count(*)::int as count, max(id) as last from removed`.compile(db.kysely),
  );
  const { count = 0, last = null } = rows[0] ?? {};
  return { count, next: count === BATCH_SIZE ? last : null };
}
