/** Prunes replays of many deliveries that ended so long ago. A statement of retention.ts. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { BATCH_LIMIT, BATCH_SIZE, TRY_LOCK } from './prune.ts';

/** Prunes one batch; returns whether another one may find something. */
export async function pruneReplays(db: Database, retentionDays: number): Promise<boolean> {
  const rows = await db.run(
    sql`
      delete from replays where id = any (array(
        select id from replays
        where ${TRY_LOCK} and created_at < now() - ${retentionDays}::int * interval '1 day'
          and finished_at < now() - ${retentionDays}::int * interval '1 day'
        order by created_at
        limit ${BATCH_LIMIT}
        for update skip locked
      ))
      returning id`.compile(db.kysely),
  );
  return rows.length === BATCH_SIZE;
}
