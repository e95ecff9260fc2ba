/**
 * Keeps how a command went that has no schedule, as a row of `jobs`. It never has a lease, so no replica takes it for
 * something to do.
 */
import { sql } from 'kysely';
import type { Database } from './client.ts';
import type { JobName } from './leader-lock.ts';

/** Keeps the result of a run that ended now, instead of that of the run before. */
export async function keepRun(db: Database, name: JobName, result: object, signal?: AbortSignal): Promise<void> {
  await db.run(
    sql`
      insert into jobs as j (name, finished_at, succeeded_at, result)
      values (${name}, now(), now(), ${JSON.stringify(result)}::json)
      on conflict (name) do update
      set finished_at = excluded.finished_at, succeeded_at = excluded.succeeded_at, result = excluded.result`.compile(
      db.kysely,
    ),
    signal,
  );
}
