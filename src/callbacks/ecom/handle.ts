/**
 * Handles one eCom callback, from its request target to its result: parse, authenticate, read the body, check the
 * order, commit, in this order. Nothing that failed a check is written, and no check runs before the ones above it
 * passed.
 */
import type { Verification } from '../../db/schema.ts';
import type { NewEvent } from '../../events/event.ts';
import { checkOwnership } from '../../ownership/ownership.ts';
import type { Callback } from '../../protocol/ecom/callback.ts';
import { parseCallback } from '../../protocol/ecom/url/parse.ts';
import type { CallbackTarget } from '../../protocol/url/callback-path.ts';
import { type InboundBody, RECORD_TIMEOUT_MS, type ReceivingOptions } from '../receiving.ts';
import { type CallbackResult, callbackResult, mockedResult, ownershipResult, recordedResult } from '../result.ts';
import { type AuthenticationOptions, authenticate } from './authenticate.ts';
import { createGetFallbackGuard } from './get-fallback.ts';
import { toEvent } from './to-event.ts';

export interface CallbackHandlerOptions extends AuthenticationOptions, ReceivingOptions {}

/** A request on a callback path that has passed the guards. */
export interface InboundCallback extends InboundBody {
  readonly target: CallbackTarget;
  readonly method: 'GET' | 'POST';
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
    const refused = ownershipResult(owned, callback);
    if (refused !== null) return refused;
  }
  if (isDeferred) return callbackResult('try_again', callback, 'waiting for Resurs to retry the failed POST');

  const timeoutMs = Math.max(0, RECORD_TIMEOUT_MS - (options.clock.elapsed() - startedAtMs));
  const deliver = callback.type !== 'TEST' || options.forwardsTests;
  return recordedResult(await options.recorder.record(event, { deliver, timeoutMs }), callback);
}
