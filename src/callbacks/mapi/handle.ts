/**
 * Handles one callback of the Merchant API, from its request target to its result: token, body, form, confirmation,
 * order, commit, in this order. Nothing that failed a check is written, and no check runs before the ones above it
 * passed. Where no token is configured, the payment is confirmed by asking for it.
 */
import { isUuid, parseMapiBody } from '../../protocol/mapi/body.ts';
import { parseMapiUrl } from '../../protocol/mapi/url.ts';
import type { CallbackTarget } from '../../protocol/url/callback-path.ts';
import type { InboundBody, ReceivingOptions } from '../receiving.ts';
import { type CallbackResult, callbackResult } from '../result.ts';
import { type AcceptOptions, accept, type ReceivedBody, subjectOf, takeTest } from './accept.ts';
import type { Confirmer } from './confirm.ts';
import { createRefusedPayments } from './refused-payments.ts';

export interface MapiHandlerOptions extends ReceivingOptions {
  /** Null: no token is configured. */
  readonly verifyToken: ((given: string) => boolean) | null;
  /** Null: there is no account that could confirm a payment. Not used where a token is configured. */
  readonly confirmer: Confirmer | null;
  /** Whether a source list is configured; if so, the address was on it. */
  readonly hasAllowList: boolean;
}

/** A request on a path of the Merchant API whose source is allowed. */
export interface InboundMapiCallback extends InboundBody {
  readonly target: CallbackTarget;
  readonly isPost: boolean;
}

/** Creates the function that handles one callback. It rejects only for unexpected errors. */
export function createMapiHandler(
  options: MapiHandlerOptions,
): (inbound: InboundMapiCallback) => Promise<CallbackResult> {
  const hasToken = options.verifyToken !== null;
  const accepting: AcceptOptions = {
    ...options,
    hasToken,
    confirmer: hasToken ? null : options.confirmer,
    refusedPayments: createRefusedPayments(options.clock),
  };

  return async (inbound) => {
    const url = parseMapiUrl(inbound.target);
    if (url === null) return callbackResult('unknown_path', null);
    const subject = { type: url.kind ?? '', paymentId: null };
    if (!inbound.isPost) return callbackResult('wrong_method', subject);
    if (options.verifyToken === null) {
      if (url.kind === 'CREDIT_APPLICATION') return callbackResult('unauthorized', subject, UNCONFIRMABLE);
    } else if (url.token === null || !options.verifyToken(url.token)) return callbackResult('unauthorized', subject);

    const read = await inbound.readBody();
    if (read.outcome === 'too_large') return callbackResult('body_too_large', subject);
    if (read.outcome !== 'read') return callbackResult('body_too_slow', subject, read.outcome);
    return handleBody({ url, body: read.body, startedAtMs: options.clock.elapsed() }, accepting);
  };
}

const UNCONFIRMABLE = 'nothing can confirm an application: MAPI_CALLBACK_TOKEN is not set';

/** Runs check 4, the form of URL and body, and those that follow. */
async function handleBody(received: ReceivedBody, options: AcceptOptions): Promise<CallbackResult> {
  const { url, body } = received;
  const urlSubject = { type: url.kind ?? '', paymentId: null };
  if (url.problem !== null) return callbackResult('malformed', urlSubject, url.problem);
  const parsed = parseMapiBody(body, url.kind);
  if (parsed.outcome === 'malformed') return callbackResult('malformed', urlSubject, parsed.problem);

  const callback = parsed.outcome === 'callback' ? parsed.callback : null;
  const subject = subjectOf(callback);
  if (callback !== null && !options.hasToken) {
    const { kind } = callback;
    const id = kind === 'CREDIT_APPLICATION' ? callback.applicationId : callback.paymentId;
    if (!isUuid(id)) return callbackResult('malformed', { type: kind, paymentId: null }, 'the id is no UUID');
    if (kind === 'CREDIT_APPLICATION') return callbackResult('unauthorized', subject, UNCONFIRMABLE);
  }
  const handling = callback === null ? takeTest(received, options) : accept(callback, received, options);
  return handling.catch((error: unknown) => {
    // Caught here, so that response and log name the payment of the unexpected error.
    return callbackResult('unhandled', subject, error);
  });
}
