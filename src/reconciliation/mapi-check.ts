/**
 * Checks one payment of the Merchant API that was read, and decides when it is looked at next. The payment is read before
 * what was reported of it, so that a callback that comes in between is never missed.
 */

import { type MapiPayment, paymentOfMapi } from '../payments/mapi-payment.ts';
import type { PaymentState } from '../payments/payment.ts';
import { judgeMapi, lastChangeMs, type MapiJudgement } from './mapi-facts.ts';
import { findReported } from './mapi-reported.ts';
import type { NextLook, OpenPayment, Suspicion } from './open-payments.ts';
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
export const NOTHING_MISSING: Suspicion = { missing: null, missingSince: null };

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
  const judged = judgeMapi(mapi, reported);
  const isOver = FINAL_STATES.has(payment.state) || isOld(reported.lastEventAt ?? open.firstSeenAt, nowMs);
  const later: NextLook = lookAt(open, isOver ? null : nowMs + DAY_MS);
  if (judged.missed.facts.length === 0) return { as: 'reported', next: later };

  const young = waitFor(options, open, { mapi, judged, nowMs });
  if (young !== null) return { as: 'too_young', next: young };
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

/** Returns the next look at a payment whose facts may be on their way; null: they are missing. */
function waitFor(
  { graceMs, dryRun }: PartOptions,
  open: OpenPayment,
  { mapi, judged, nowMs }: { readonly mapi: MapiPayment; readonly judged: MapiJudgement; readonly nowMs: number },
): NextLook | null {
  const againAt = nowMs + Math.max(graceMs, MINUTE_MS);
  const changedMs = lastChangeMs(mapi, nowMs);
  if (changedMs !== null && changedMs > nowMs - graceMs) return lookAt(open, againAt);
  // A dry run keeps nothing, so it has one look alone.
  if (!judged.isUndated || graceMs === 0 || dryRun) return null;
  const missing = [...judged.missed.facts, ...judged.missed.actions].join(',');
  const sinceMs = open.missing === missing ? open.missingSince?.getTime() : undefined;
  if (sinceMs !== undefined && sinceMs <= nowMs - graceMs) return null;
  const missingSince = new Date(sinceMs ?? nowMs);
  return { ...lookAt(open, againAt), missing, missingSince };
}

/** True if nothing is asked any more of what happened last at this time. */
export function isOld(at: Date, nowMs: number): boolean {
  return nowMs - at.getTime() >= OPEN_MS;
}

function lookAt({ paymentId }: OpenPayment, atMs: number | null): NextLook {
  return { paymentId, dueAt: atMs === null ? null : new Date(atMs), ...NOTHING_MISSING };
}
