/**
 * Counts rejected callbacks, whose orders are not ours, by order and type. It keeps the newest 10 000, so that an
 * operator can see which orders are rejected. All of them are authenticated, because earlier checks passed. They make
 * no event.
 */
import { sql } from 'kysely';
import { createBatcher } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import { abortable } from '../lib/abortable.ts';

/** Beyond it the oldest are deleted. */
const MAX_ROWS = 10_000;

export interface Rejection {
  readonly paymentId: string;
  readonly callback: string;
}

export interface RejectionRow extends Rejection {
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly count: number;
}

interface RecordRejectionsResult {
  /** For how long each payment has been rejected, in ms by the database's clock: 0 for the first time. */
  readonly rejectedForMs: readonly number[];
  /** The number of new rows. */
  readonly added: number;
}

/** Counts the rejections in one statement. The result is in their order. */
async function recordRejections(db: Database, rejections: readonly Rejection[]): Promise<RecordRejectionsResult> {
  const rows = await db.run(
    sql<{ readonly paymentId: string; readonly rejectedForMs: number; readonly added: number }>`
      with input as materialized (
        select payment_id, callback, count(*) as count
        from unnest(${rejections.map(({ paymentId }) => paymentId)}::text[], ${rejections.map(({ callback }) => callback)}::text[])
          as t(payment_id, callback)
        group by payment_id, callback
      ), recorded as (
        insert into rejections as r (payment_id, callback, first_seen_at, last_seen_at, count)
        select payment_id, callback, now(), now(), count from input order by payment_id, callback
        on conflict (payment_id, callback) do update
        set last_seen_at = greatest(r.last_seen_at, excluded.last_seen_at), count = r.count + excluded.count
        returning payment_id, first_seen_at, (xmax = 0) as is_new
      )
      select r.payment_id as "paymentId", (count(*) filter (where r.is_new))::int as added,
             (extract(epoch from now() - least(min(r.first_seen_at), min(o.first_seen_at))) * 1000)::float8 as "rejectedForMs"
      from recorded r cross join lateral (
        select min(first_seen_at) as first_seen_at from rejections where payment_id = r.payment_id offset 0
      ) o
      group by r.payment_id`.compile(db.kysely),
  );
  const rejectedForMs = new Map(rows.map((row) => [row.paymentId, row.rejectedForMs]));
  return {
    rejectedForMs: rejections.map(({ paymentId }) => rejectedForMs.get(paymentId) ?? 0),
    added: rows.reduce((sum, row) => sum + row.added, 0),
  };
}

/** Most callbacks that share one statement. */
const MAX_BATCH = 128;
/** Finding the oldest rows reads all of them, so they are deleted only after this many new ones. */
const ADDED_BETWEEN_PRUNES = 100;

/**
 * Creates a function that records one rejection, in a batch with others. It returns for how long the payment has been
 * rejected (ms), or null if the database could not record it in time.
 */
export function createRejectionRecorder(
  db: Database,
): (rejection: Rejection, timeoutMs: number) => Promise<number | null> {
  // Prunes at the first new row: another process may have left too many.
  let added = ADDED_BETWEEN_PRUNES;
  const record = createBatcher<Rejection, number>(async (batch) => {
    const result = await recordRejections(db, batch);
    added += result.added;
    if (result.added > 0 && added >= ADDED_BETWEEN_PRUNES) {
      added = 0;
      await pruneOldest(db);
    }
    return result.rejectedForMs;
  }, MAX_BATCH);
  return (rejection, timeoutMs) => {
    return abortable(record(rejection), AbortSignal.timeout(timeoutMs)).catch(() => null);
  };
}

async function pruneOldest(db: Database): Promise<void> {
  await db.run(
    sql`
      delete from rejections where last_seen_at < (
        select last_seen_at from rejections order by last_seen_at desc offset ${MAX_ROWS - 1} limit 1
      )`.compile(db.kysely),
  );
}

/** A rejection as it is listed. */
export interface ListedRejection extends RejectionRow {
  /** When the first callback of its order was rejected, of any type. */
  readonly orderSince: Date;
}

/** Returns up to `limit` rejections, all without it, the most recent first. */
export async function listRejections(db: Database, limit = MAX_ROWS): Promise<ListedRejection[]> {
  return db.run(
    sql<ListedRejection>`
      select r.payment_id as "paymentId", r.callback, r.first_seen_at as "firstSeenAt", r.last_seen_at as "lastSeenAt", r.count, (
        select min(o.first_seen_at) from rejections o where o.payment_id = r.payment_id
      ) as "orderSince"
      from (select * from rejections order by last_seen_at desc, payment_id, callback limit ${limit}) r
      order by r.last_seen_at desc, r.payment_id, r.callback`.compile(db.kysely),
  );
}
