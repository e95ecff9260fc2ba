/** Rows of the database as the status API shows them; schemas.ts has the shapes. Pure. */
import type { AttemptOutcome, DeliveryState } from '../db/schema.ts';
import { publicId, type StoredEvent } from '../deliveries/payload.ts';
import { type ShownState, summarise } from './summary.ts';

/** An event with what became of it; `body` only where it is shown. */
export interface EventRow extends Omit<StoredEvent, 'body'> {
  readonly receiptCount: number;
  readonly lastReceiptAt: Date;
  readonly state: DeliveryState | null;
  readonly attemptCount: number | null;
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly lastOutcome: AttemptOutcome | null;
  readonly lastStatus: number | null;
}

export interface AttemptRow {
  readonly number: number;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly outcome: AttemptOutcome;
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
}

export interface Viewpoint {
  readonly now: Date;
  /** Whether a webhook is configured: without one, pending is shown as held. */
  readonly hasWebhook: boolean;
}

export function renderEvent(row: EventRow, viewpoint: Viewpoint) {
  const delivery = deliveryOf(row, viewpoint);
  const last = row.lastOutcome === null ? null : { outcome: row.lastOutcome, status: row.lastStatus };
  return {
    id: publicId(row.id),
    sequence: row.sequence,
    type: row.type,
    callback: row.callback,
    paymentId: row.paymentId,
    result: row.result,
    method: row.method,
    registeredAt: row.registeredAt,
    receivedAt: row.receivedAt,
    parameters: row.parameters,
    verified: row.verified,
    receipts: { count: row.receiptCount, firstAt: row.receivedAt, lastAt: row.lastReceiptAt },
    delivery,
    summary: summarise(delivery === null ? null : { ...delivery, last }, viewpoint.now),
  };
}

function deliveryOf(row: EventRow, { hasWebhook }: Viewpoint) {
  if (row.state === null) return null;
  return {
    state: shownState(row.state, hasWebhook),
    attemptCount: row.attemptCount ?? 0,
    nextAttemptAt: row.nextAttemptAt,
    deliveredAt: row.deliveredAt,
  };
}

export function shownState(state: DeliveryState, hasWebhook: boolean): ShownState {
  return state === 'pending' && !hasWebhook ? 'held' : state;
}

/** When a payment's facts were last reported; the keys are those of schemas.ts. */
export function factsOf(rows: readonly EventRow[]) {
  const last = (type: string): Date | null => {
    const times = rows.filter((row) => row.type === type).map((row) => row.lastReceiptAt.getTime());
    return times.length === 0 ? null : new Date(Math.max(...times));
  };
  return {
    booked: last('payment.booked'),
    frozen: last('payment.frozen'),
    thawed: last('payment.thawed'),
    unfrozen: last('payment.unfrozen'),
    finalized: last('payment.finalized'),
    annulled: last('payment.annulled'),
    updated: last('payment.updated'),
  };
}
