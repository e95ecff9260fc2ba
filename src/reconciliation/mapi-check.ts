/**
 * Checks one payment of the Merchant API that was read, and decides when it is looked at next. The payment is read before
 * what was reported of it, so that a callback that comes in between is never missed.
 */

import { type MapiPayment, paymentOfMapi } from '../payments/mapi-payment.ts';
import type { PaymentState } from '../payments/payment.ts';
import { compareMapi, lastChangeMs, type MapiComparison } from './mapi-facts.ts';
import { findReported } from './mapi-reported.ts';
import type { NextLook, OpenPayment } from './open-payments.ts';
import type { CheckedAs, PartOptions } from './part.ts';
import type { MissedPayment } from './to-event.ts';

/** Nothing happens to a payment of these states any more that its callbacks, or its next read, would not tell. */
const FINAL_STATES: ReadonlySet<PaymentState> = new Set(['captured', 'refunded', 'annulled', 'rejected']);

const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
/** As long as this after its last event a payment is read, and an order after its registration. */
export const OPEN_MS = 30 * DAY_MS;
/** A payment that could not be read, or an event that could not be stored. */
export const SOON_MS = 10 * MINUTE_MS;

/** `next` is null where all stays as it is, for the next run. */
export interface Checked {
  readonly as: CheckedAs;
  readonly next: NextLook | null;
}

/** Checks a payment that Resurs holds, and reports what was missed. */
export async function checkPayment(options: PartOptions, open: OpenPayment, mapi: MapiPayment): Promise<Checked> {
  const reported = await findReported(options.db, mapi.id, options.signal);
  const nowMs = options.clock.now();
  const payment = paymentOfMapi(mapi, new Date(nowMs));
  const judged = compareMapi(mapi, reported);
  const isOver = FINAL_STATES.has(payment.state) || isOld(reported.lastEventAt ?? open.firstSeenAt, nowMs);
  const later: NextLook = lookAt(open, isOver ? null : nowMs + DAY_MS);
  if (judged.missed.facts.length === 0) return { as: 'reported', next: later };

  const changedMs = changedAtMs(mapi, { judged, lastEventAt: reported.lastEventAt, nowMs });
  if (changedMs !== null && changedMs > nowMs - options.graceMs) {
    return { as: 'too_young', next: lookAt(open, nowMs + Math.max(options.graceMs, MINUTE_MS)) };
  }
  const { missed, follows } = judged;
  const found: MissedPayment = { provider: 'resurs-mapi', paymentId: mapi.id, payment, missed, follows };
  const as = await options.report(found);
  switch (as) {
    case 'missed':
    case 'reported':
      // What it reported is the newest event of the payment.
      return { as, next: lookAt(open, FINAL_STATES.has(payment.state) ? null : nowMs + DAY_MS) };
    case 'not_ours':
      return { as, next: later };
    case 'failed':
      return { as, next: { ...open, dueAt: new Date(nowMs + SOON_MS) } };
    case 'later':
      return { as, next: null };
  }
}

/** Checks a payment that Resurs does not know: it may be too early, or belong to another account. */
export async function checkUnknown(options: PartOptions, open: OpenPayment): Promise<Checked> {
  const { lastEventAt } = await findReported(options.db, open.paymentId, options.signal);
  const nowMs = options.clock.now();
  const isOver = isOld(lastEventAt ?? open.firstSeenAt, nowMs);
  return { as: 'reported', next: lookAt(open, isOver ? null : nowMs + DAY_MS) };
}

/**
 * Returns when the payment last changed, as far as it is known. A change of its status alone has no time at Resurs; it
 * came after what was reported last, so that counts where such a change is missing.
 */
function changedAtMs(
  mapi: MapiPayment,
  known: { readonly judged: MapiComparison; readonly lastEventAt: Date | null; readonly nowMs: number },
): number | null {
  const { judged, lastEventAt, nowMs } = known;
  const datedMs = lastChangeMs(mapi, nowMs);
  if (!judged.isUndated || lastEventAt === null) return datedMs;
  return Math.max(datedMs ?? 0, lastEventAt.getTime());
}

/** True if nothing is asked any more of what happened last at this time. */
export function isOld(at: Date, nowMs: number): boolean {
  return nowMs - at.getTime() >= OPEN_MS;
}

function lookAt({ paymentId }: OpenPayment, atMs: number | null): NextLook {
  return { paymentId, dueAt: atMs === null ? null : new Date(atMs) };
}
