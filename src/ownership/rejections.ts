/**
 * Callbacks for orders that are not ours: counted by order and type, the newest 10 000 of them, so that an operator can
 * see who is turned away. They are authentic, or they would not have come this far; they make no event.
 */
import { sql } from 'kysely';
import { createBatcher } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import { abortable } from '../lib/abortable.ts';

/** At most, the oldest go first. */
const MAX_KEPT = 10_000;

export interface Rejection {
  readonly paymentId: string;
  readonly callback: string;
}

export interface RejectionRow extends Rejection {
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly count: number;
}

interface Noted {
  /** For how long each payment has been refused, in ms by the database's clock: 0 for the first time. */
  readonly refusedForMs: readonly number[];
  /** Rows that were not there before. */
  readonly added: number;
}

/** Counts the rejections in one statement; answers in their order. */
async function recordRejections(db: Database, rejections: readonly Rejection[]): Promise<Noted> {
  const rows = await db.run(
    sql<{ readonly paymentId: string; readonly refusedForMs: number; readonly added: number }>`
      with input as materialized (
        select payment_id, callback, count(*) as count
        from unnest(${rejections.map((one) => one.paymentId)}::text[], ${rejections.map((one) => one.callback)}::text[])
          as t(payment_id, callback)
        group by payment_id, callback
      ), noted as (
        insert into rejections as r (payment_id, callback, first_seen_at, last_seen_at, count)
        select payment_id, callback, now(), now(), count from input order by payment_id, callback
        on conflict (payment_id, callback) do update
        set last_seen_at = greatest(r.last_seen_at, excluded.last_seen_at), count = r.count + excluded.count
        returning payment_id, first_seen_at, (xmax = 0) as is_new
      )
      select n.payment_id as "paymentId", (count(*) filter (where n.is_new))::int as added,
             (extract(epoch from now() - least(min(n.first_seen_at), min(o.first_seen_at))) * 1000)::float8 as "refusedForMs"
      from noted n cross join lateral (
        select min(first_seen_at) as first_seen_at from rejections where payment_id = n.payment_id offset 0
      ) o
      group by n.payment_id`.compile(db.kysely),
  );
  const refusedForMs = new Map(rows.map((row) => [row.paymentId, row.refusedForMs]));
  return {
    refusedForMs: rejections.map(({ paymentId }) => refusedForMs.get(paymentId) ?? 0),
    added: rows.reduce((sum, row) => sum + row.added, 0),
  };
}

/** Callbacks noted together at most. */
const MAX_BATCH = 128;
/** Finding the oldest reads all that are kept, so it is not done for each new one. */
const ADDED_BETWEEN_DROPS = 100;

/** A function that notes one rejection, together with others; null when the database could not do it in time. */
export function createRejectionRecorder(db: Database): (one: Rejection, timeoutMs: number) => Promise<number | null> {
  // Another process may have left too many.
  let added = ADDED_BETWEEN_DROPS;
  const note = createBatcher<Rejection, number>(async (batch) => {
    const recorded = await recordRejections(db, batch);
    added += recorded.added;
    if (recorded.added > 0 && added >= ADDED_BETWEEN_DROPS) {
      added = 0;
      await dropOldest(db);
    }
    return recorded.refusedForMs;
  }, MAX_BATCH);
  return (one, timeoutMs) => abortable(note(one), AbortSignal.timeout(timeoutMs)).catch(() => null);
}

async function dropOldest(db: Database): Promise<void> {
  await db.run(
    sql`
      delete from rejections where last_seen_at < (
        select last_seen_at from rejections order by last_seen_at desc offset ${MAX_KEPT - 1} limit 1
      )`.compile(db.kysely),
  );
}

/** All that are kept, the most recent first. */
export async function listRejections(db: Database): Promise<RejectionRow[]> {
  return db.run(
    sql<RejectionRow>`
      select payment_id as "paymentId", callback, first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt", count
      from rejections order by last_seen_at desc, payment_id, callback limit ${MAX_KEPT}`.compile(db.kysely),
  );
}
