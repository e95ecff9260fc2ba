/**
 * Stores events: each event once, and an event and its delivery together or not at all.
 *
 * One statement stores a whole batch (migrations/0011_keep_missed_callbacks.ts). It locks the payments in sorted order,
 * so that two batches never deadlock. Under that lock it decides whether the identity is new, and only then takes the
 * sequence number: within one payment the order of numbers is the order of commits, on any number of replicas. Under
 * the same lock it decides what the event means for its order, from the payment's previous event. A batch holds at most
 * one event per payment. As many deliveries as there are free slots are claimed at once for this process.
 */
import { sql } from 'kysely';
import { byteaArray, plainArray, textArray } from '../db/array-literals.ts';
import type { Database } from '../db/client.ts';
import type { Claim } from '../deliveries/claim.ts';
import type { NewEvent } from '../events/event.ts';
import { type OrderColumns, orderOf, transitionList } from '../events/order-columns.ts';
import { FACT_TYPES } from '../events/order-state.ts';
import { snapshotOf } from '../payments/snapshot.ts';

/** One event to store. */
export interface BatchRow {
  readonly id: string;
  readonly event: NewEvent;
  /** How many equal callbacks the event stands for. */
  readonly receipts: number;
  /** Whether the event gets a delivery to the merchant. */
  readonly deliver: boolean;
}

/**
 * `isDue`: the delivery was not claimed, so any process with a free slot may claim it.
 * `limited`: the event would be new, and the payment has reached its limit of events in 24 hours.
 */
export type RowResult =
  | { readonly outcome: 'recorded'; readonly eventId: string; readonly isDue: boolean }
  | { readonly outcome: 'duplicate'; readonly eventId: string }
  | { readonly outcome: 'limited' };

export interface RecordBatchOptions {
  /** New events of one payment in 24 hours; 0 means no limit. */
  readonly maxEventsPerPayment: number;
  /** Fires when a callback that waits for this statement has timed out; the statement is then given up. */
  readonly signal?: AbortSignal | undefined;
  /** The deliveries that may be claimed by the same statement. */
  readonly claims: {
    readonly max: number;
    /** Unique to this call. */
    readonly token: string;
    readonly leaseMs: number;
  };
}

export interface RecordBatchResult {
  /** In the order of the batch. */
  readonly results: readonly RowResult[];
  /** The deliveries claimed for this process, in the order of their events. */
  readonly claims: readonly Claim[];
}

interface StoredRow extends OrderColumns {
  readonly sent: string;
  readonly eventId: string | null;
  readonly sequence: number | null;
  readonly receivedAt: Date;
  readonly delivery: 'blocked' | 'pending' | 'delivering' | null;
}

/**
 * Stores the batch in one commit and returns a result for each row. Throws the error of Postgres; then nothing of the
 * batch was stored, or, if the connection broke, the outcome is unknown.
 */
export async function recordBatch(
  db: Database,
  batch: readonly BatchRow[],
  options: RecordBatchOptions,
): Promise<RecordBatchResult> {
  const rows = await db.run(statement(batch, options).compile(db.kysely), options.signal);
  const rowsById = new Map(rows.map((row) => [row.sent, row]));
  const rowResults = batch.map(({ id }): RowResult => {
    const row = rowsById.get(id);
    if (row === undefined || row.eventId === null) return { outcome: 'limited' };
    if (row.eventId !== id) return { outcome: 'duplicate', eventId: row.eventId };
    return { outcome: 'recorded', eventId: id, isDue: row.delivery === 'pending' };
  });
  const claims = batch.flatMap(({ id, event }) => {
    const row = rowsById.get(id);
    return row?.delivery === 'delivering' ? [claimOf(event, row, options.claims.token)] : [];
  });
  return { results: rowResults, claims: claims.sort((a, b) => a.sequence - b.sequence) };
}

/**
 * Builds the claim from memory, equal to what `claimDeliveries` would read: an attempt and its retry send the same
 * bytes.
 */
function claimOf(event: NewEvent, row: StoredRow, token: string): Claim {
  const { sent, sequence, receivedAt } = row;
  if (sequence === null) throw new TypeError('a claimed event has its sequence');
  const { identity, paymentKey, found, ...rest } = event;
  const snapshot = found === undefined ? null : snapshotOf(found.payment);
  const missed = found?.missed ?? null;
  return {
    eventId: sent,
    sequence,
    paymentKey,
    token,
    attempt: 1,
    triesUsed: 0,
    abandonedInRow: 0,
    dueAt: receivedAt,
    event: { ...rest, id: sent, sequence, receivedAt, order: orderOf(row), snapshot, missed, erasedAt: null },
  };
}

function statement(batch: readonly BatchRow[], { maxEventsPerPayment, claims }: RecordBatchOptions) {
  return sql<StoredRow>`
    select sent, event_id as "eventId", sequence, received_at as "receivedAt", delivery, order_state as "orderState",
           order_certain as "orderCertain", earlier_facts as "earlierFacts"
    from store_events_v5(
      ${columnsOf(batch)}, ${Object.values(FACT_TYPES)}::text[], ${maxEventsPerPayment}::int, ${claims.max}::int, ${claims.token}::uuid, ${claims.leaseMs}::float8
    )`;
}

/**
 * Passes one array per column, which keeps the statement's text the same for every size, so that it is planned once.
 */
function columnsOf(batch: readonly BatchRow[]) {
  const events = batch.map(({ event }) => event);
  const texts = (pick: (event: NewEvent) => string | null) => sql`${textArray(events.map(pick))}::text[]`;
  return sql`
      ${plainArray(batch.map(({ id }) => id))}::uuid[], ${plainArray(batch.map(({ receipts }) => receipts))}::int[],
      ${plainArray(batch.map(({ deliver }) => deliver))}::bool[], ${texts((e) => e.paymentKey)}, ${texts((e) => e.paymentId)},
      ${texts((e) => e.identity.key)}, ${texts((e) => e.identity.aliasKey)},
      ${plainArray(events.map((e) => e.identity.windowMs))}::float8[], ${texts((e) => e.identity.endedKeys.join(','))},
      ${texts((e) => e.callback)}, ${texts((e) => e.type)}, ${texts((e) => e.result)}, ${texts((e) => e.method)},
      ${textArray(events.map((e) => JSON.stringify(e.parameters)))}::json[], ${byteaArray(events.map((e) => e.body))}::bytea[],
      ${textArray(events.map((e) => e.registeredAt?.toISOString() ?? null))}::timestamptz[],
      ${textArray(events.map((e) => JSON.stringify(e.verified)))}::json[], ${texts(transitionList)},
      ${texts((e) => (e.provider === 'resurs-ecom' ? null : e.provider))},
      ${texts((e) => (e.provider === 'resurs-ecom' ? null : e.orderReference))},
      ${textArray(events.map(({ found }) => (found === undefined ? null : JSON.stringify(found.missed))))}::json[],
      ${textArray(events.map(({ found }) => (found === undefined ? null : JSON.stringify(snapshotOf(found.payment)))))}::json[]`;
}
