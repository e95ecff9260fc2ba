/**
 * Accepts a callback of the Merchant API whose form is right: confirms the payment where no token has proven it, checks
 * the order, and commits, in this order. Nothing is written for a payment that the account cannot see.
 */
import type { Verification } from '../../db/schema.ts';
import { checkOwnership } from '../../ownership/ownership.ts';
import type { MapiCallback } from '../../protocol/mapi/body.ts';
import type { MapiUrl } from '../../protocol/mapi/url.ts';
import { RECORD_TIMEOUT_MS, type ReceivingOptions } from '../receiving.ts';
import {
  type CallbackResult,
  type CallbackSubject,
  callbackResult,
  mockedResult,
  ownershipResult,
  recordedResult,
} from '../result.ts';
import type { Confirmer } from './confirm.ts';
import type { RefusedPayments } from './refused-payments.ts';
import { type MapiArrival, toMapiEvent, toMapiTestEvent } from './to-event.ts';

export interface AcceptOptions extends ReceivingOptions {
  /** Whether a token is configured; if so, the URL carried a right one. */
  readonly hasToken: boolean;
  /** Null where a token proves callbacks, or nothing does. */
  readonly confirmer: Confirmer | null;
  readonly refusedPayments: RefusedPayments;
  /** Whether a source list is configured; if so, the address was on it. */
  readonly hasAllowList: boolean;
}

/** What arrived beside the callback itself. */
export interface ReceivedBody {
  readonly url: MapiUrl;
  readonly body: Buffer | null;
  /** When its last byte had arrived, by Clock.elapsed. */
  readonly startedAtMs: number;
}

/** The kind, or TEST; applications have no payment. */
export function subjectOf(callback: MapiCallback | null): CallbackSubject {
  if (callback === null) return { type: 'TEST', paymentId: null };
  return { type: callback.kind, paymentId: callback.kind === 'CREDIT_APPLICATION' ? null : callback.paymentId };
}

/** Takes a test: it is stored only where a token has proven it. */
export async function takeTest(
  { url, body, startedAtMs }: ReceivedBody,
  options: AcceptOptions,
): Promise<CallbackResult> {
  const subject = subjectOf(null);
  if (!options.hasToken) return callbackResult('test_taken', subject, 'unauthenticated TEST, not stored');
  const mocked = mockedError(subject, options);
  if (mocked !== null) return mocked;
  if (!options.isAccepting()) return callbackResult('try_again', subject, NOT_ACCEPTING);
  const verified = { ...verificationOf(options, false), result: true };
  const event = toMapiTestEvent({ orderReference: null, parameters: url.parameters, body, verified });
  const timeoutMs = remainingMs(startedAtMs, options);
  return recordedResult(await options.recorder.record(event, { deliver: options.forwardsTests, timeoutMs }), subject);
}

const NOT_ACCEPTING = 'starting or stopping';

/** Runs checks 5 to 7: whether the payment and the order are ours, and whether the event is committed. */
export async function accept(
  callback: MapiCallback,
  { url, body, startedAtMs }: ReceivedBody,
  options: AcceptOptions,
): Promise<CallbackResult> {
  const subject = subjectOf(callback);
  if (!options.isAccepting()) return callbackResult('try_again', subject, NOT_ACCEPTING);
  let orderReference = url.order;
  const { confirmer } = options;
  if (confirmer !== null && subject.paymentId !== null) {
    const confirmation = await confirmer.confirm(subject.paymentId);
    if (confirmation.outcome === 'unavailable') return callbackResult('try_again', subject, confirmation.reason);
    if (confirmation.outcome === 'unknown') return unknownResult(subject, options);
    orderReference = confirmation.orderReference ?? url.order;
  }
  const mocked = mockedError(subject, options);
  if (mocked !== null) return mocked;
  if (url.order !== null) {
    const order = { paymentId: url.order, callback: callback.kind };
    const refused = ownershipResult(await checkOwnership(order, options, remainingMs(startedAtMs, options)), subject);
    if (refused !== null) return refused;
  }
  const verified = verificationOf(options, confirmer !== null);
  const arrival: MapiArrival = { orderReference, parameters: url.parameters, body, verified };
  const event = toMapiEvent(callback, arrival, options.dedupeWindowMs);
  const timeoutMs = remainingMs(startedAtMs, options);
  return recordedResult(await options.recorder.record(event, { deliver: true, timeoutMs }), subject);
}

/** For a callback that is proven, so that strangers use up none. Null: it gets no mocked error. */
function mockedError(subject: CallbackSubject, { mockErrors }: AcceptOptions): CallbackResult | null {
  const mock = mockErrors?.take(subject.type) ?? null;
  return mock === null ? null : mockedResult(mock, subject);
}

/** The account has no such payment. */
function unknownResult(
  subject: CallbackSubject,
  { acceptsRejected, rejectionGraceMs, refusedPayments }: AcceptOptions,
): CallbackResult {
  const reason = 'the Merchant API knows no such payment';
  const isAccepted =
    acceptsRejected &&
    (rejectionGraceMs === 0 || refusedPayments.refusedForMs(subject.paymentId ?? '') >= rejectionGraceMs);
  return callbackResult(isAccepted ? 'not_ours_accepted' : 'not_ours', subject, reason);
}

function verificationOf({ hasToken, hasAllowList }: AcceptOptions, api: boolean): Verification {
  return { digest: false, result: hasToken, basicAuth: false, source: hasAllowList, token: hasToken, api };
}

function remainingMs(startedAtMs: number, { clock }: AcceptOptions): number {
  return Math.max(0, Math.floor(RECORD_TIMEOUT_MS - (clock.elapsed() - startedAtMs)));
}
