/** What the status API reads. Nothing here writes, and every list is bounded or belongs to one payment. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { DeliveryState } from '../db/schema.ts';
import type { AttemptRow, EventRow } from './render.ts';

export interface EventFilter {
  readonly paymentId?: string;
  readonly type?: string;
  readonly callback?: string;
  readonly state?: DeliveryState;
  /** Inclusive. */
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
  /** Only events of a lower sequence. */
  readonly before?: number;
}

/**
 * Sequence and time of receipt run together but for what was stored at the same moment and for steps of the clock. A span
 * of time is therefore looked for in a span of sequences that is this much wider on both sides.
 */
const SEQUENCE_SLACK = 10_000;

/** Events newest first, at most `limit`. Every filter is served by an index, so that the cost follows the page. */
export async function findEvents(db: Database, filter: EventFilter, limit: number): Promise<EventRow[]> {
  // Deliveries carry their event's sequence, so that the index of a rare state gives the order too. Delivered is the
  // usual state: the newest events have it.
  const isRareState = filter.state !== undefined && filter.state !== 'delivered';
  const sequence = isRareState ? sql`d.sequence` : sql`e.sequence`;
  const conditions: RawBuilder<unknown>[] = [sql`true`];
  if (filter.paymentId !== undefined) conditions.push(sql`e.payment_key = ${filter.paymentId}`);
  if (filter.type !== undefined) conditions.push(sql`e.type = ${filter.type}`);
  if (filter.callback !== undefined) conditions.push(sql`e.callback = ${filter.callback}`);
  if (filter.state !== undefined) conditions.push(sql`d.state = ${sql.lit(filter.state)}`);
  if (filter.before !== undefined) conditions.push(sql`${sequence} < ${filter.before}`);
  const { from, to } = filter;
  if (from !== undefined) {
    conditions.push(sql`e.received_at >= ${from} and ${sequence} >= -${SEQUENCE_SLACK}::bigint + (
      select sequence from events where received_at >= ${from} order by received_at limit 1)`);
  }
  if (to !== undefined) {
    conditions.push(sql`e.received_at < ${to} and ${sequence} <= ${SEQUENCE_SLACK}::bigint + (
      select sequence from events where received_at < ${to} order by received_at desc limit 1)`);
  }
  // The page first, what is shown beside it afterwards: else a whole span is joined to be thrown away.
  const page = sql`
    select e.* from events e left join deliveries d on d.event_id = e.id
    where ${sql.join(conditions, sql` and `)} order by ${sequence} desc limit ${limit}`;
  return db.run(sql<EventRow>`${eventRows(sql`(${page})`)} order by e.sequence desc`.compile(db.kysely));
}

/** All events of a payment, oldest first. */
export async function paymentEvents(db: Database, paymentId: string): Promise<EventRow[]> {
  return db.run(
    sql<EventRow>`${eventRows(sql`events`)} where e.payment_key = ${paymentId} order by e.sequence`.compile(db.kysely),
  );
}

export async function findEvent(db: Database, id: string): Promise<(EventRow & { body: Buffer | null }) | null> {
  const rows = await db.run(
    sql<EventRow & { body: Buffer | null }>`
      select shown.*, b.body from (${eventRows(sql`events`)} where e.id = ${id}) shown join events b on b.id = shown.id`.compile(
      db.kysely,
    ),
  );
  return rows[0] ?? null;
}

export async function attemptsOf(db: Database, id: string): Promise<AttemptRow[]> {
  return db.run(
    sql<AttemptRow>`
      select number, started_at as "startedAt", duration_ms as "durationMs", outcome, status, error, answer
      from attempts where event_id = ${id} order by number`.compile(db.kysely),
  );
}

/** Events from a table or a select, with what is shown beside them. */
function eventRows(events: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
  select e.id, e.sequence, e.type, e.callback, e.payment_id as "paymentId", e.result, e.method,
         e.registered_at as "registeredAt", e.received_at as "receivedAt", e.parameters, e.verified,
         coalesce(r.count, 1) as "receiptCount", coalesce(r.last_at, e.received_at) as "lastReceiptAt",
         d.state, d.attempt_count as "attemptCount", d.next_attempt_at as "nextAttemptAt",
         d.delivered_at as "deliveredAt", a.outcome as "lastOutcome", a.status as "lastStatus"
  from ${events} e
  left join receipts r on r.event_id = e.id
  left join deliveries d on d.event_id = e.id
  left join lateral (
    select outcome, status from attempts where event_id = e.id order by number desc limit 1
  ) a on true`;
}
