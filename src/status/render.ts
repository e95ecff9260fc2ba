/** Renders rows of the database for the status API; responses.ts has the schemas. Pure. */
import type { DeliveryState } from '../db/schema.ts';
import { FACT_TYPES } from '../events/order-state.ts';
import { publicId } from '../events/public-id.ts';
import type { EventRow } from '../events/queries.ts';
import type { WebhookOutage } from './outage.ts';
import { type DisplayState, summarizeDelivery } from './summary.ts';

export interface RenderContext {
  readonly now: Date;
  /** Whether a webhook is configured: without one, pending is displayed as held. */
  readonly hasWebhook: boolean;
  /** Null while the webhook is up, or none is configured. */
  readonly outage: WebhookOutage | null;
}

/** Renders an event with the state of its delivery. */
export function renderEvent(row: EventRow, context: RenderContext) {
  const delivery = renderDelivery(row, context);
  const last = row.lastOutcome === null ? null : { outcome: row.lastOutcome, status: row.lastStatus };
  return {
    id: publicId(row.id),
    sequence: row.sequence,
    type: row.type,
    callback: row.callback,
    provider: row.provider,
    paymentId: row.paymentId,
    orderReference: row.orderReference,
    result: row.result,
    method: row.method,
    registeredAt: row.registeredAt,
    receivedAt: row.receivedAt,
    parameters: row.parameters,
    ...(row.missed === null ? {} : { missed: [...row.missed.facts] }),
    ...(row.erasedAt === null ? {} : { erasedAt: row.erasedAt }),
    verified: { token: false, api: false, ...row.verified },
    receipts: { count: row.receiptCount, firstAt: row.receivedAt, lastAt: row.lastReceiptAt },
    delivery,
    summary: summarizeDelivery(delivery === null ? null : { ...delivery, last }, context.now, context.outage),
  };
}

function renderDelivery(row: EventRow, { hasWebhook }: Pick<RenderContext, 'hasWebhook'>) {
  if (row.state === null) return null;
  return {
    state: displayState(row.state, hasWebhook),
    attemptCount: row.attemptCount ?? 0,
    nextAttemptAt: row.nextAttemptAt,
    deliveredAt: row.deliveredAt,
  };
}

/** Returns the public state of a delivery. */
function displayState(state: DeliveryState, hasWebhook: boolean): DisplayState {
  return state === 'pending' && !hasWebhook ? 'held' : state;
}

/** Renders when each fact of a payment was reported. The keys are those of responses.ts. */
export function renderFacts(times: ReadonlyMap<string, Date>) {
  const last = (type: string): Date | null => times.get(type) ?? null;
  return {
    booked: last('payment.booked'),
    frozen: last('payment.frozen'),
    thawed: last('payment.thawed'),
    unfrozen: last('payment.unfrozen'),
    finalized: last('payment.finalized'),
    annulled: last('payment.annulled'),
    authorized: last('payment.authorized'),
    captured: last('payment.captured'),
    refunded: last('payment.refunded'),
    rejected: last('payment.rejected'),
    updated: last('payment.updated'),
  };
}

/**
 * Renders when each fact was reported in all events of a payment: by the first callback of its last event, because a
 * repeat reports nothing new.
 */
export function paymentFacts(rows: readonly EventRow[]) {
  const times = new Map<string, Date>();
  for (const type of Object.values(FACT_TYPES)) {
    const reported = rows.filter((row) => reports(row, type)).map((row) => row.receivedAt.getTime());
    if (reported.length > 0) times.set(type, new Date(Math.max(...reported)));
  }
  return renderFacts(times);
}

/** An event of reconciliation reports several facts. */
function reports({ type, missed }: EventRow, factType: string): boolean {
  return type === factType || missed?.facts.some((fact) => FACT_TYPES[fact] === factType) === true;
}
