/** What one callback came to: enough for the answer and for the log. */
import type { Callback } from '../protocol/ecom/callback.ts';
import type { ResponseName } from './responses.ts';

/** `actual` is the type if valid, else empty; `cause` is for the log. */
export interface CallbackResult {
  readonly response: ResponseName;
  readonly callbackType: string;
  readonly paymentId: string | null;
  readonly eventId: string | null;
  readonly cause: unknown;
}

/** Without an event; `cause` is for the log: our own words, or an error. */
export function callbackResult(
  response: ResponseName,
  callback: Callback | null,
  cause: unknown = null,
): CallbackResult {
  return { response, callbackType: callback?.type ?? '', paymentId: callback?.paymentId ?? null, eventId: null, cause };
}
