/**
 * Creates the situation in which events can be reordered: a callback on one replica has its sequence number but is not
 * committed yet, and the payment's next callback reaches another replica. A receiver that only counts would give that
 * one a higher number and let it become visible, and be delivered, first.
 *
 * A deferred constraint trigger causes it: Postgres runs it inside COMMIT, after the statement has done everything
 * (number assigned, rows written) and before the rows are visible. It takes an advisory lock that names the callback,
 * and sleeps. The runner sends the next callback once it sees that lock, so the overlap is certain. A sleep before the
 * insert, or an outside lock on the payment's row, would delay the callback before it has a number and prove nothing.
 */

import { waitUntil } from '../../test/harness/wait.ts';
import type { SharedDatabase } from '../database.ts';

/** Class of these advisory locks; the schema's migrator uses the form with one key. */
const LOCK_CLASS = 20_410;
/** Longer than a callback waits for its response, and short compared with the run. */
const BEGINS_WITHIN_MS = 6_000;

/** Installs the trigger. It delays only bodies with a field `slow`: `{"slow": {"id": 1, "ms": 400}}`. */
export async function delayMarkedCommits({ query }: SharedDatabase): Promise<void> {
  await query(`
    create function delay_commit() returns trigger language plpgsql as $$
    declare
      slow json := convert_from(new.body, 'UTF8')::json -> 'slow';
    begin
      perform pg_advisory_xact_lock(${LOCK_CLASS}, (slow ->> 'id')::int);
      perform pg_sleep((slow ->> 'ms')::float8 / 1000);
      return null;
    end $$`);
  await query(`
    create constraint trigger delay_commit after insert on events
    deferrable initially deferred
    for each row when (position('"slow"'::bytea in new.body) > 0)
    execute function delay_commit()`);
}

/** Resolves with true once the commit of this callback is being delayed, or false when that was not seen in time. */
export function commitHasBegun({ query }: SharedDatabase, slowId: number, signal: AbortSignal): Promise<boolean> {
  const isLocked = async () => {
    const rows = await query(
      `select from pg_locks
       where locktype = 'advisory' and granted and classid = $1 and objid = $2
         and database = (select oid from pg_database where datname = current_database())`,
      [LOCK_CLASS, slowId],
    );
    return rows.length > 0;
  };
  return waitUntil(isLocked, BEGINS_WITHIN_MS, signal);
}
