/** The outcome of one callback: what the response and the log line need. */
import type { Callback } from '../protocol/ecom/callback.ts';
import type { ResponseName } from './responses.ts';

export interface CallbackResult {
  readonly response: ResponseName;
  /** The type if it is valid, else empty. */
  readonly callbackType: string;
  readonly paymentId: string | null;
  readonly eventId: string | null;
  /** For the log only: an explanation, an error, or null. */
  readonly cause: unknown;
}

/** Creates the result of a callback that has no event. `cause` goes to the log: an explanation or an error. */
export function callbackResult(
  response: ResponseName,
  callback: Callback | null,
  cause: unknown = null,
): CallbackResult {
  return { response, callbackType: callback?.type ?? '', paymentId: callback?.paymentId ?? null, eventId: null, cause };
}
