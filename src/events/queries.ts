/** Queries of stored events that more than one folder needs. Every statement is bounded, or belongs to one payment. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { AttemptOutcome, DeliveryState } from '../db/schema.ts';
import type { StoredEvent } from './event.ts';
import { orderColumns, type SelectedOrder, selectedOrder } from './order-columns.ts';
import type { OrderedFact } from './order-state.ts';

/** An event with its receipts and its delivery; `body` only where it is displayed. */
export interface EventRow extends Omit<StoredEvent, 'body' | 'order' | 'snapshot'> {
  readonly receiptCount: number;
  readonly lastReceiptAt: Date;
  readonly state: DeliveryState | null;
  readonly attemptCount: number | null;
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly lastOutcome: AttemptOutcome | null;
  readonly lastStatus: number | null;
}

/** Finds all events of a payment, oldest first. */
export async function findPaymentEvents(db: Database, paymentId: string): Promise<EventRow[]> {
  return db.run(
    sql<EventRow>`${eventRows(sql`events`)} where e.payment_key = ${paymentId} order by e.sequence`.compile(db.kysely),
  );
}

/** The last event of a payment, with what Resurs held of the payment, if that was read. */
export interface LastFact extends OrderedFact {
  readonly snapshot: StoredEvent['snapshot'];
}

/** Finds the payment's last event with the view of its order; null when none is stored. */
export async function findLastFact(db: Database, paymentId: string, signal?: AbortSignal): Promise<LastFact | null> {
  const [row] = await db.run(
    sql<SelectedOrder & Pick<StoredEvent, 'type' | 'missed' | 'snapshot'>>`
      select e.type, e.missed, e.snapshot, ${orderColumns(sql`e`)}
      from (select * from events where payment_key = ${paymentId} order by sequence desc limit 1) e`.compile(db.kysely),
    signal,
  );
  const order = row === undefined ? null : selectedOrder(row);
  return row === undefined || order === null
    ? null
    : { type: row.type, missed: row.missed, snapshot: row.snapshot, order };
}

/** An event with what is only displayed for it alone. */
export type EventDetailRow = EventRow & Pick<StoredEvent, 'body' | 'snapshot'>;

/** Finds an event with its body and snapshot by its id; null when it is not stored. */
export async function findEvent(db: Database, id: string): Promise<EventDetailRow | null> {
  const rows = await db.run(
    sql<EventDetailRow>`
      select listed.*, b.body, b.snapshot
      from (${eventRows(sql`events`)} where e.id = ${id}) listed join events b on b.id = listed.id`.compile(db.kysely),
  );
  return rows[0] ?? null;
}

/**
 * Selects events from a table or a subquery with their receipts and delivery. Joined row by row, whatever the
 * statistics say.
 */
export function eventRows(events: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
  select e.id, e.sequence, e.type, e.callback, e.payment_id as "paymentId", e.result, e.method,
         coalesce(e.provider, 'resurs-ecom') as provider,
         case when e.provider is null then e.payment_id else e.order_reference end as "orderReference",
         e.registered_at as "registeredAt", e.received_at as "receivedAt", e.parameters, e.verified,
         e.missed, e.erased_at as "erasedAt", coalesce(r.count, 1) as "receiptCount", coalesce(r.last_at, e.received_at) as "lastReceiptAt",
         coalesce(case o.state when 'blocked' then 'pending' else o.state end, d.state) as state,
         coalesce(o.attempt_count, d.attempt_count) as "attemptCount",
         case o.state when 'pending' then o.wake_at end as "nextAttemptAt",
         case d.state when 'delivered' then d.finished_at end as "deliveredAt",
         coalesce(a.outcome, d.first_outcome) as "lastOutcome",
         case when a.outcome is null then d.first_status else a.status end as "lastStatus"
  from ${events} e
  left join lateral (select count, last_at from receipts where event_id = e.id offset 0) r on true
  left join lateral (select state, attempt_count, wake_at from outbox where sequence = e.sequence offset 0) o on true
  left join lateral (
    select state, attempt_count, finished_at, first_outcome, first_status
    from deliveries where sequence = e.sequence offset 0
  ) d on true
  left join lateral (
    select outcome, status from attempts where sequence = e.sequence order by number desc limit 1
  ) a on true`;
}
