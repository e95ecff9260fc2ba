/**
 * Handles one eCom callback, from its request target to its result: parse, authenticate, read the body, check the
 * order, commit, in this order. Nothing that failed a check is written, and no check runs before the ones above it
 * passed.
 */
import type { Verification } from '../../db/schema.ts';
import type { NewEvent } from '../../events/event.ts';
import type { BodyResult } from '../../http/read-body.ts';
import type { Recorder } from '../../inbox/recorder.ts';
import type { Clock } from '../../lib/clock.ts';
import { checkOwnership, type OwnershipCheckOptions } from '../../ownership/ownership.ts';
import type { Callback } from '../../protocol/ecom/callback.ts';
import type { CallbackTarget } from '../../protocol/ecom/url/callback-path.ts';
import { parseCallback } from '../../protocol/ecom/url/parse.ts';
import type { MockErrors } from '../mock-errors.ts';
import { type CallbackResult, callbackResult, mockedResult } from '../result.ts';
import { type AuthenticationOptions, authenticate } from './authenticate.ts';
import { createGetFallbackGuard } from './get-fallback.ts';
import { toEvent } from './to-event.ts';

/**
 * A second below the response's limit of 4 s (docs/protocol.md): hundreds of responses may have to be written at once.
 */
const RECORD_TIMEOUT_MS = 3_000;

export interface CallbackHandlerOptions extends AuthenticationOptions, OwnershipCheckOptions {
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly forwardsTests: boolean;
  readonly dedupeWindowMs: number;
  /** Null: mocked errors are not allowed. */
  readonly mockErrors: Pick<MockErrors, 'take'> | null;
  /** False while the service starts or stops: then nothing is recorded. */
  isAccepting(): boolean;
}

/** A request on a callback path that has passed the guards. */
export interface InboundCallback {
  readonly target: CallbackTarget;
  readonly method: 'GET' | 'POST';
  /** Whether the headers announce a body. */
  readonly hasBody: boolean;
  readBody(): Promise<BodyResult>;
  /** Calls the listener if the client leaves before its response. */
  onAborted(listener: () => void): void;
}

/** Creates the function that handles one callback. It rejects only for unexpected errors. */
export function createCallbackHandler(
  options: CallbackHandlerOptions,
): (inbound: InboundCallback) => Promise<CallbackResult> {
  const fallback = createGetFallbackGuard(options.clock);

  return async (inbound) => {
    const checked = parseAndAuthenticate(inbound, options);
    if (checked.outcome === 'refused') return checked.result;
    const { callback, verified } = checked;
    const { type, paymentId } = callback;

    const { method } = inbound;
    const receivedAtMs = options.clock.elapsed();
    const onFailure = () => fallback.postFailed(type, paymentId, receivedAtMs);
    if (method === 'POST' && inbound.hasBody) inbound.onAborted(onFailure);
    const read = await inbound.readBody();
    if (read.outcome === 'too_large') return callbackResult('body_too_large', callback);
    if (read.outcome !== 'read') return callbackResult('body_too_slow', callback, read.outcome);

    const { body } = read;
    const mock = options.mockErrors?.take(type) ?? null;
    if (mock !== null) {
      // A mocked error must not cost the body either: see get-fallback.ts.
      if (method === 'POST' && body !== null) onFailure();
      return mockedResult(mock, callback);
    }
    const event = toEvent({ callback, body, method, verified }, options.dedupeWindowMs);
    const isDeferred = body === null && fallback.shouldDefer(type, paymentId);
    const result = await record({ callback, event, isDeferred }, options).catch((error: unknown) => {
      // Caught here, so that response and log name the payment of the unexpected error.
      return callbackResult('unhandled', callback, error);
    });
    if (result.eventId !== null) fallback.accepted(type, paymentId);
    else if (result.response === 'try_again' && method === 'POST' && body !== null) onFailure();
    return result;
  };
}

type AuthenticatedOrRefused =
  | { readonly outcome: 'authenticated'; readonly callback: Callback; readonly verified: Verification }
  | { readonly outcome: 'refused'; readonly result: CallbackResult };

/** Runs checks 3 and 4: the callback's form, and whether it comes from Resurs. */
function parseAndAuthenticate(inbound: InboundCallback, options: CallbackHandlerOptions): AuthenticatedOrRefused {
  const refused = (result: CallbackResult): AuthenticatedOrRefused => ({ outcome: 'refused', result });

  const parsed = parseCallback(inbound.target);
  if (parsed.outcome === 'unknown_path') return refused(callbackResult('unknown_path', null));
  if (parsed.outcome === 'malformed') {
    return refused({ ...callbackResult('malformed', null, parsed.reason), callbackType: parsed.callbackType });
  }
  const { callback } = parsed;
  const authentication = authenticate(parsed, options, options.clock.now());
  switch (authentication.outcome) {
    case 'authenticated':
      return authentication;
    case 'rejected':
      return refused(callbackResult('digest_rejected', callback));
    case 'unauthenticated_test':
      return refused(callbackResult('test_taken', callback, 'unauthenticated TEST, not stored'));
  }
}

interface AcceptableCallback {
  readonly callback: Callback;
  readonly event: NewEvent;
  /** A POST of the same callback has failed, and Resurs has to retry it first. */
  readonly isDeferred: boolean;
}

/** Runs checks 6 and 7: whether the order is ours, and whether the event is committed. */
async function record(
  { callback, event, isDeferred }: AcceptableCallback,
  options: CallbackHandlerOptions,
): Promise<CallbackResult> {
  if (!options.isAccepting()) return callbackResult('try_again', callback, 'starting or stopping');
  const startedAtMs = options.clock.elapsed();
  if (callback.paymentId !== null) {
    const order = { paymentId: callback.paymentId, callback: callback.type };
    const owned = await checkOwnership(order, options, RECORD_TIMEOUT_MS);
    if (owned.outcome === 'unknown') return callbackResult('try_again', callback, owned.reason);
    if (owned.outcome !== 'ours') return callbackResult(owned.outcome, callback);
  }
  if (isDeferred) return callbackResult('try_again', callback, 'waiting for Resurs to retry the failed POST');

  const timeoutMs = Math.max(0, RECORD_TIMEOUT_MS - (options.clock.elapsed() - startedAtMs));
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
      return callbackResult('try_again', callback, 'record queue is full');
    case 'unavailable':
      return callbackResult('try_again', callback, recorded.error);
  }
}
