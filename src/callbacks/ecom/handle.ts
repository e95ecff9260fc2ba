/**
 * The way of one callback from its request line to its answer: form, proof, body, order, commit, in this order. Nothing
 * that failed a check is written, and no check runs before the ones above it have passed.
 */
import type { Verification } from '../../db/schema.ts';
import type { NewEvent } from '../../events/event.ts';
import type { BodyResult } from '../../http/read-body.ts';
import type { Recorder } from '../../inbox/recorder.ts';
import type { Clock } from '../../lib/clock.ts';
import { checkOwnership, type OwnershipCheckOptions } from '../../ownership/check.ts';
import type { Callback } from '../../protocol/ecom/callback.ts';
import { type CallbackResult, callbackResult } from '../result.ts';
import { type AuthenticityOptions, authenticate } from './authenticate.ts';
import { createGetFallbackGuard } from './get-fallback.ts';
import { parseCallback } from './parse.ts';
import { toEvent } from './to-event.ts';

/** A second below the 4 s that every answer has (docs/protocol.md): hundreds of them may have to be written at once. */
const RECORD_TIMEOUT_MS = 3_000;

export interface CallbackHandlerOptions extends AuthenticityOptions, OwnershipCheckOptions {
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly forwardsTests: boolean;
  readonly dedupeWindowMs: number;
  /** False while starting and stopping: then nothing is recorded. */
  isAccepting(): boolean;
}

/** A request on a callback path that has passed the guards. */
export interface InboundCallback {
  readonly target: string;
  readonly basePath: string;
  readonly method: 'GET' | 'POST';
  /** Whether the headers announce a body. */
  readonly hasBody: boolean;
  readBody(): Promise<BodyResult>;
  /** Calls back if the sender is gone before the answer was. */
  onClientGone(react: () => void): void;
}

/** A function that takes one callback in. Rejects only for what nobody foresaw. */
export function createCallbackHandler(
  options: CallbackHandlerOptions,
): (arriving: InboundCallback) => Promise<CallbackResult> {
  const fallback = createGetFallbackGuard(options.clock);

  return async (arriving) => {
    const proven = parseAndAuthenticate(arriving, options);
    if (proven.outcome === 'answered') return proven.taken;
    const { callback, verified } = proven;
    const { type, paymentId } = callback;

    const receivedAtMs = options.clock.elapsed();
    const failed = () => fallback.postFailed(type, paymentId, receivedAtMs);
    if (arriving.method === 'POST' && arriving.hasBody) arriving.onClientGone(failed);
    const read = await arriving.readBody();
    if (read.outcome === 'too_large') return callbackResult('body_too_large', callback);
    if (read.outcome !== 'read') return callbackResult('body_too_slow', callback, read.outcome);

    const { body } = read;
    const { method } = arriving;
    const event = toEvent({ callback, body, method, verified }, options.dedupeWindowMs);
    const isDeferred = body === null && fallback.shouldDefer(type, paymentId);
    const taken = await record({ callback, event, isDeferred }, options).catch((error: unknown) => {
      // Here, so that answer and log name the payment that met the defect.
      return callbackResult('unhandled', callback, error);
    });
    if (taken.eventId !== null) fallback.accepted(type, paymentId);
    else if (taken.response === 'try_again' && method === 'POST' && body !== null) failed();
    return taken;
  };
}

type AuthenticatedOrRejected =
  | { readonly outcome: 'proven'; readonly callback: Callback; readonly verified: Verification }
  | { readonly outcome: 'answered'; readonly taken: CallbackResult };

/** Checks 3 and 4: what is it, and does it come from Resurs? */
function parseAndAuthenticate(arriving: InboundCallback, options: CallbackHandlerOptions): AuthenticatedOrRejected {
  const parsed = parseCallback(arriving.target, arriving.basePath);
  if (parsed.outcome === 'unknown_path') return { outcome: 'answered', taken: callbackResult('unknown_path', null) };
  if (parsed.outcome === 'malformed') {
    return {
      outcome: 'answered',
      taken: { ...callbackResult('malformed', null, parsed.reason), callbackType: parsed.actual },
    };
  }
  const { callback } = parsed;
  const authenticity = authenticate(callback, options, options.clock.now());
  switch (authenticity.outcome) {
    case 'authentic':
      return { outcome: 'proven', callback, verified: authenticity.verified };
    case 'rejected':
      return { outcome: 'answered', taken: callbackResult('digest_rejected', callback) };
    case 'unproven_test':
      return { outcome: 'answered', taken: callbackResult('test_taken', callback, 'unproven, not stored') };
  }
}

interface AcceptableCallback {
  readonly callback: Callback;
  readonly event: NewEvent;
  /** A POST of the same callback has failed and is to come again first. */
  readonly isDeferred: boolean;
}

/** Checks 6 and 7: is the order ours, and is the event committed? */
async function record(
  { callback, event, isDeferred }: AcceptableCallback,
  options: CallbackHandlerOptions,
): Promise<CallbackResult> {
  if (!options.isAccepting()) return callbackResult('try_again', callback, 'starting or stopping');
  const beganAtMs = options.clock.elapsed();
  if (callback.paymentId !== null) {
    const order = { paymentId: callback.paymentId, callback: callback.type };
    const owned = await checkOwnership(order, options, RECORD_TIMEOUT_MS);
    if (owned.outcome === 'unknown') return callbackResult('try_again', callback, owned.reason);
    if (owned.outcome !== 'ours') return callbackResult(owned.outcome, callback);
  }
  if (isDeferred) return callbackResult('try_again', callback, 'the POST that failed is awaited');

  const timeoutMs = Math.max(0, RECORD_TIMEOUT_MS - (options.clock.elapsed() - beganAtMs));
  const isTest = callback.type === 'TEST';
  const deliver = !isTest || options.forwardsTests;
  const recorded = await options.recorder.record(event, { deliver, timeoutMs });
  switch (recorded.outcome) {
    case 'recorded':
    case 'duplicate':
      return { ...callbackResult(isTest ? 'test_taken' : recorded.outcome, callback), eventId: recorded.eventId };
    case 'limited':
      return callbackResult('try_again', callback, 'MAX_EVENTS_PER_PAYMENT is reached');
    case 'overloaded':
      return callbackResult('try_again', callback, 'too many callbacks wait for a commit');
    case 'unavailable':
      return callbackResult('try_again', callback, recorded.error);
  }
}
