/**
 * Claims due deliveries, releases claims that were not sent, finds expired claims.
 *
 * A claim is one short statement. The request is sent outside any transaction, and settle.ts writes only while the
 * claim's token still matches. Storing, settling and replaying decide which delivery may be claimed: of each ordering
 * group (the first, or the replayed, deliveries of a payment) one is pending or claimed, the others are blocked. The
 * statements are functions of migrations/0005_create_delivery_functions.ts and 0009_keep_order_states.ts.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { StoredEvent } from '../events/event.ts';
import { orderColumns } from '../events/order-columns.ts';
import { type EventColumns, storedEventOf } from '../events/stored-event.ts';

/** A delivery while one of its attempts is in flight. */
export interface ClaimRef {
  readonly eventId: string;
  readonly sequence: number;
  readonly paymentKey: string;
  readonly token: string;
  /** Number of the attempt: 1, 2, …; it continues over replays. */
  readonly attempt: number;
  readonly triesUsed: number;
  readonly abandonedInRow: number;
}

/** A delivery that this process may attempt until the claim expires. */
export interface Claim extends ClaimRef {
  /** When it became due; a release restores it. */
  readonly dueAt: Date;
  readonly event: StoredEvent;
}

/** Maximum number of deliveries of one claim: a literal of its statement. */
export const MAX_CLAIMED_AT_ONCE = 128;

export interface ClaimOptions {
  /** At most MAX_CLAIMED_AT_ONCE. */
  readonly limit: number;
  /** Unique to this call; settle.ts compares it. */
  readonly token: string;
  /** How long the claim is valid, by the database's clock. */
  readonly leaseMs: number;
  /**
   * Nothing is pending that was due before; null when that is not known. Saves the scan of index entries of deleted
   * rows.
   */
  readonly since: Date | null;
  /** Sequences to leave alone. */
  readonly skipped: readonly number[];
}

/** A claim as a row: with its event's columns and without its token. */
export type ClaimRow = Omit<Claim, 'token' | 'event' | 'eventId'> & EventColumns;

/** The columns of a ClaimRow, as the SQL functions that claim name them. */
export const CLAIM_COLUMNS = sql`
             sequence, payment_key as "paymentKey", attempt, tries_used as "triesUsed", abandoned_in_row as "abandonedInRow",
             due_at as "dueAt", (event).id, (event).payment_id as "paymentId", (event).callback, (event).type,
             (event).result, (event).method, (event).parameters, (event).body, (event).registered_at as "registeredAt",
             (event).received_at as "receivedAt", (event).verified, (event).provider, (event).order_reference as "orderReference",
             (event).snapshot, (event).missed, (event).erased_at as "erasedAt", ${orderColumns(sql`(event)`)}`;

/** Turns a row of a claiming function into a claim with the call's token. */
export function claimOf(row: ClaimRow, token: string): Claim {
  const { paymentKey, attempt, triesUsed, abandonedInRow, dueAt, ...columns } = row;
  const event = storedEventOf(columns);
  const { id: eventId, sequence } = event;
  return { eventId, sequence, paymentKey, token, attempt, triesUsed, abandonedInRow, dueAt, event };
}

/** Claims up to `limit` due deliveries, the longest due first, and returns them in the order of their events. */
export async function claimDeliveries(db: Database, options: ClaimOptions): Promise<Claim[]> {
  const { limit, token, leaseMs, since, skipped } = options;
  const rows = await db.run(
    sql<ClaimRow>`
      select ${CLAIM_COLUMNS}
      from claim_deliveries_v2(${limit}, ${token}, ${leaseMs}, ${since ?? '-infinity'}::timestamptz, ${[...skipped]}::bigint[])`.compile(
      db.kysely,
    ),
  );
  return rows.map((row) => claimOf(row, token));
}

/**
 * Releases claims that were never sent; restores the attempt number and the due time. An expired claim does not change.
 */
export async function releaseClaims(db: Database, claims: readonly Claim[]): Promise<void> {
  await db.run(
    sql`
      select release_deliveries_v1(
        ${claims.map((claim) => claim.sequence)}::bigint[], ${claims.map((claim) => claim.paymentKey)}::text[],
        ${claims.map((claim) => claim.token)}::uuid[], ${claims.map((claim) => claim.dueAt)}::timestamptz[]
      )`.compile(db.kysely),
  );
}

/** A claim that was not settled in time, and how long it was valid, in milliseconds. */
export interface ExpiredClaim extends ClaimRef {
  readonly leaseMs: number;
}

/**
 * Finds up to 64 expired claims, by the database's clock; their process died, hangs or lost the database. Finds only
 * those that expired within `withinMs`, which saves the scan of index entries of settled ones; null: all.
 */
export async function findExpiredClaims(
  db: Database,
  withinMs: number | null,
  skipped: readonly number[],
): Promise<ExpiredClaim[]> {
  return db.run(
    sql<ExpiredClaim>`
      select e.id as "eventId", o.sequence, o.payment_key as "paymentKey", o.claim_token as token, o.attempt_count as attempt,
             o.tries_used as "triesUsed", o.abandoned_in_row as "abandonedInRow",
             round(extract(epoch from o.wake_at - o.claimed_at) * 1000)::int as "leaseMs"
      from (
        select * from outbox
        where state = 'delivering' and wake_at < now()
          and wake_at >= coalesce(now() - ${withinMs}::float8 * interval '1 ms', '-infinity')
          and sequence <> all (${[...skipped]}::bigint[])
        order by wake_at limit 64
      ) o cross join lateral (select id from events where sequence = o.sequence offset 0) e
      order by o.wake_at`.compile(db.kysely),
  );
}

/** A due delivery that is not claimed yet. */
export interface DueDelivery {
  readonly eventId: string;
  readonly sequence: number;
  readonly dueAt: Date;
}

/** Finds the longest due delivery, null when there is none. Scans everything due, however long ago it became due. */
export async function firstDue(db: Database, skipped: readonly number[]): Promise<DueDelivery | null> {
  const rows = await db.run(
    sql<DueDelivery>`
      select e.id as "eventId", o.sequence, o.wake_at as "dueAt"
      from (
        select sequence, wake_at from outbox
        where state = 'pending' and wake_at <= now() and sequence <> all (${[...skipped]}::bigint[])
        order by wake_at limit 1
      ) o cross join lateral (select id from events where sequence = o.sequence offset 0) e`.compile(db.kysely),
  );
  return rows[0] ?? null;
}

/** Makes the delivery due that would be next, unless one is due already: so that there is something to send. */
export async function ensureOneDue(db: Database): Promise<void> {
  await db.run(
    sql`
      update outbox o set wake_at = now()
      from (
        select ctid as row_id from outbox where state = 'pending' order by wake_at limit 1 for update skip locked
      ) next
      where o.ctid = next.row_id and o.wake_at > now()`.compile(db.kysely),
  );
}

export interface Outlook {
  /** The database's clock. */
  readonly now: Date;
  /** Milliseconds until the next delivery becomes due; null when none is scheduled. */
  readonly nextDueInMs: number | null;
}

/** Reads when to query again. */
export async function readOutlook(db: Database): Promise<Outlook> {
  const rows = await db.run(
    sql<Outlook>`
      select date_trunc('milliseconds', now()) as now, (
        select (extract(epoch from wake_at - now()) * 1000)::float8
        from outbox where state = 'pending' and wake_at > now() order by wake_at limit 1
      ) as "nextDueInMs"`.compile(db.kysely),
  );
  const row = rows[0];
  if (row === undefined) throw new TypeError('a select without a table returns one row');
  return row;
}
