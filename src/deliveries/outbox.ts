/**
 * The deliveries that are not finished: claim what is due, give back what was not sent, find what was abandoned.
 *
 * A claim is one short statement; the request is made outside any transaction, and settle.ts writes only while the
 * claim's token still matches. Order within a payment is kept apart for first and for replayed deliveries ("lanes"):
 * in each lane only the earliest unfinished one may be claimed. enqueue.ts gives due times so that this holds; the
 * claim checks it once more, because a due time given beside a concurrent commit may have come too early.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { firstInLane } from './lane.ts';
import type { StoredEvent } from './payload.ts';

/** What is known of a delivery while an attempt of it is under way. */
export interface ClaimedDelivery {
  readonly eventId: string;
  readonly token: string;
  /** Number of the attempt: 1, 2, … counting on over replays. */
  readonly attempt: number;
  readonly triesUsed: number;
  readonly abandonedInRow: number;
}

/** A delivery that is ours to attempt until its claim expires. */
export interface Claim extends ClaimedDelivery {
  /** When it became due, as Postgres writes it. */
  readonly dueAt: string;
  readonly event: StoredEvent;
}

export interface ClaimOptions {
  readonly limit: number;
  /** Unique to this call; what settle.ts compares. */
  readonly token: string;
  /** How long the claim holds, by the database's clock. */
  readonly leaseMs: number;
}

/** Claims up to `limit` due deliveries, those that are due longest first, handed out in the order of their events. */
export async function claimDeliveries(db: Database, options: ClaimOptions): Promise<Claim[]> {
  const rows = await db.run(
    sql<Omit<Claim, 'token' | 'event'> & StoredEvent>`
      with due as (
        select d.event_id, d.next_attempt_at
        from deliveries d
        where d.state = 'pending' and d.next_attempt_at <= now()
          and (
            ${firstInLane(sql`d.payment_key`, sql`d.replayed`, sql`d.sequence`)}
          ) is null
          and (not d.replayed or (
            select beside.event_id from deliveries beside
            where beside.payment_key = d.payment_key and beside.replayed and beside.state = 'delivering'
            limit 1
          ) is null)
        order by d.next_attempt_at
        limit ${options.limit}
        for update of d skip locked
      ), claimed as (
        update deliveries d
        set state = 'delivering', attempt_count = d.attempt_count + 1, next_attempt_at = null,
            claim_token = ${options.token}, claimed_at = now(),
            claimed_until = now() + ${options.leaseMs}::float8 * interval '1 ms'
        from due
        where d.event_id = due.event_id
        returning d.event_id, d.attempt_count, d.tries_used, d.abandoned_in_row, due.next_attempt_at
      )
      select c.event_id as "eventId", c.attempt_count as attempt, c.tries_used as "triesUsed",
             c.abandoned_in_row as "abandonedInRow", c.next_attempt_at::text as "dueAt", e.id, e.sequence, e.payment_id as "paymentId", e.callback,
             e.type, e.result, e.method, e.parameters, e.body, e.registered_at as "registeredAt",
             e.received_at as "receivedAt", e.verified
      from claimed c join events e on e.id = c.event_id
      order by e.sequence`.compile(db.kysely),
  );
  return rows.map(({ eventId, attempt, triesUsed, abandonedInRow, dueAt, ...event }) => {
    return { eventId, token: options.token, attempt, triesUsed, abandonedInRow, dueAt, event };
  });
}

/** Undoes a claim whose request was not sent: its number and its place are as before. */
export async function giveBackClaims(db: Database, claims: readonly Claim[]): Promise<void> {
  await db.run(
    sql`
      update deliveries d
      set state = 'pending', attempt_count = d.attempt_count - 1, next_attempt_at = given.due_at,
          claim_token = null, claimed_at = null, claimed_until = null
      from unnest(
        ${claims.map((claim) => claim.eventId)}::uuid[], ${claims.map((claim) => claim.token)}::uuid[],
        ${claims.map((claim) => claim.dueAt)}::timestamptz[]
      ) as given (event_id, token, due_at)
      where d.event_id = given.event_id and d.claim_token = given.token`.compile(db.kysely),
  );
}

/** A claim that nobody settled in time, and how long it was held. */
export interface ExpiredClaim extends ClaimedDelivery {
  readonly heldMs: number;
}

/** Claims past their expiry, by the database's clock; their process died, hangs or lost the database. */
export async function expiredClaims(db: Database, limit: number): Promise<ExpiredClaim[]> {
  return db.run(
    sql<ExpiredClaim>`
      select d.event_id as "eventId", d.claim_token as token, d.attempt_count as attempt,
             d.tries_used as "triesUsed", d.abandoned_in_row as "abandonedInRow",
             round(extract(epoch from d.claimed_until - d.claimed_at) * 1000)::int as "heldMs"
      from deliveries d
      where d.state = 'delivering' and d.claimed_until < now()
      order by d.claimed_until
      limit ${limit}`.compile(db.kysely),
  );
}

/** Milliseconds until the next delivery that is not due yet becomes due, or null when there is none. */
export async function nextDueInMs(db: Database): Promise<number | null> {
  const rows = await db.run(
    sql<{ readonly waitMs: number | null }>`
      select (extract(epoch from min(next_attempt_at) - now()) * 1000)::float8 as "waitMs"
      from deliveries
      where state = 'pending' and next_attempt_at > now()`.compile(db.kysely),
  );
  return rows[0]?.waitMs ?? null;
}
