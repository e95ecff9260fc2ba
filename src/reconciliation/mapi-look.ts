/** Asks the Merchant API for one payment or one order that is due, and says when it is due next. */
import type { OrderSearch } from '../accounts/order-search.ts';
import { type MapiPayment, paymentOfMapi } from '../payments/mapi-payment.ts';
import type { ResursFailure } from '../resurs/failure.ts';
import type { MapiClient } from '../resurs/mapi.ts';
import type { DueOrder, NextAsk } from './due-orders.ts';
import { checkPayment, checkUnknown, DAY_MS, isOld, SOON_MS } from './mapi-check.ts';
import type { NextLook, OpenPayment } from './open-payments.ts';
import type { CheckedAs, PartOptions } from './part.ts';

/** What became of one row. */
export interface Looked {
  /** Null: nothing was asked. */
  readonly as: CheckedAs | null;
  readonly look: NextLook | null;
  readonly ask: NextAsk | null;
  readonly failure: ResursFailure | null;
}

interface Asked {
  readonly client: Pick<MapiClient, 'payment'>;
  readonly search: OrderSearch;
}

const READ_TIMEOUT_MS = 10_000;
/** Several stores may be searched. */
const SEARCH_TIMEOUT_MS = 20_000;

/** Reads a payment and checks it. */
export async function lookAtPayment(options: PartOptions, { client }: Asked, open: OpenPayment): Promise<Looked> {
  const limits = { timeoutMs: READ_TIMEOUT_MS, signal: options.signal };
  const result = await client.payment(open.paymentId, limits);
  switch (result.outcome) {
    case 'failed': {
      const look = { ...open, dueAt: soon(options) };
      return { as: 'failed', look, ask: null, failure: result.failure };
    }
    case 'unknown': {
      const { as, next } = await checkUnknown(options, open);
      return { as, look: next, ask: null, failure: null };
    }
    case 'found': {
      const { as, next } = await checkPayment(options, open, result.payment);
      return { as, look: next, ask: null, failure: null };
    }
  }
}

/** Asks for an order of which nothing came. Its payment is an open one from then on, and is judged at once. */
export async function askForOrder(options: PartOptions, { client, search }: Asked, order: DueOrder): Promise<Looked> {
  const { orderReference, paymentId, dueAt: wasDueAt, isKnown } = order;
  const ask = (dueAt: Date | null): NextAsk => ({ orderReference, wasDueAt, dueAt });
  if (isKnown) return { as: null, look: null, ask: ask(null), failure: null };
  const { signal } = options;
  const byId = paymentId === null ? null : await client.payment(paymentId, { timeoutMs: READ_TIMEOUT_MS, signal });
  // The shop may have named another payment by mistake.
  const isFound = byId !== null && byId.outcome !== 'unknown';
  const result = isFound ? byId : await search.find(orderReference, { timeoutMs: SEARCH_TIMEOUT_MS, signal });
  if (result.outcome === 'failed') {
    return { as: 'failed', look: null, ask: ask(soon(options)), failure: result.failure };
  }
  const nowMs = options.clock.now();
  if (result.outcome === 'unknown' || isPending(result.payment, nowMs)) {
    const isOver = isOld(order.registeredAt, nowMs);
    return { as: 'reported', look: null, ask: ask(isOver ? null : new Date(nowMs + DAY_MS)), failure: null };
  }
  const open = { paymentId: result.payment.id, firstSeenAt: new Date(nowMs) };
  const { as, next } = await checkPayment(options, open, result.payment);
  if (as === 'failed') return { as, look: null, ask: ask(soon(options)), failure: null };
  if (next === null) return { as, look: null, ask: null, failure: null };
  return { as, look: next, ask: ask(null), failure: null };
}

/** The customer has not finished, so nothing was to come. */
function isPending(payment: MapiPayment, nowMs: number): boolean {
  return paymentOfMapi(payment, new Date(nowMs)).state === 'pending';
}

function soon({ clock }: PartOptions): Date {
  return new Date(clock.now() + SOON_MS);
}
