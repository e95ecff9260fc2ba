/**
 * The situation in which an order of events is lost: a callback on one replica has taken its sequence number but is not
 * committed yet, and the payment's next callback comes to another replica. Whoever only counts would give that one a
 * higher number and let it be seen, and delivered, first.
 *
 * A deferred constraint trigger makes it real: Postgres runs it inside COMMIT, after the statement has done everything
 * (number taken, rows written) and before anybody can see it. It takes an advisory lock that names the fact and sleeps;
 * the runner sees that lock and sends the next callback only then, so no luck is needed. A sleep before the insert, or a
 * lock on the payment's row held from outside, would delay the callback before it has a number and prove nothing.
 */

import { waitUntil } from '../../test/harness/wait.ts';
import type { SharedDatabase } from '../database.ts';

/** Ours among advisory locks; the schema's migrator uses the form with one key. */
const LOCK_CLASS = 20_410;
/** Longer than a callback waits for its answer, and short against the run. */
const BEGINS_WITHIN_MS = 6_000;

/** Only bodies with a member `slow` are touched: `{"slow": {"id": 1, "ms": 400}}`. */
export async function holdUpSlowCommits({ query }: SharedDatabase): Promise<void> {
  await query(`
    create function hold_up_commit() returns trigger language plpgsql as $$
    declare
      slow json := convert_from(new.body, 'UTF8')::json -> 'slow';
    begin
      perform pg_advisory_xact_lock(${LOCK_CLASS}, (slow ->> 'id')::int);
      perform pg_sleep((slow ->> 'ms')::float8 / 1000);
      return null;
    end $$`);
  await query(`
    create constraint trigger hold_up_commit after insert on events
    deferrable initially deferred
    for each row when (position('"slow"'::bytea in new.body) > 0)
    execute function hold_up_commit()`);
}

/** True as soon as the commit of this fact is being held up; false when that was not seen in time. */
export function commitHasBegun({ query }: SharedDatabase, slowId: number, signal: AbortSignal): Promise<boolean> {
  const isHeld = async () => {
    const rows = await query(
      `select from pg_locks
       where locktype = 'advisory' and granted and classid = $1 and objid = $2
         and database = (select oid from pg_database where datname = current_database())`,
      [LOCK_CLASS, slowId],
    );
    return rows.length > 0;
  };
  return waitUntil(isHeld, BEGINS_WITHIN_MS, signal);
}
