/** The outcome of one callback: what the response and the log line need. */
import type { Callback } from '../protocol/ecom/callback.ts';
import { type CallbackResponse, type FixedResponseName, RESPONSES } from './responses.ts';

interface CallbackFacts {
  /** The type if it is valid, else empty. */
  readonly callbackType: string;
  readonly paymentId: string | null;
  readonly eventId: string | null;
  /** For the log only: an explanation, an error, or null. */
  readonly cause: unknown;
}

export type CallbackResult = CallbackFacts &
  ({ readonly response: FixedResponseName } | { readonly response: 'mocked'; readonly mock: CallbackResponse });

/** Creates the result of a callback that has no event. `cause` goes to the log: an explanation or an error. */
export function callbackResult(
  response: FixedResponseName,
  callback: Callback | null,
  cause: unknown = null,
): CallbackResult {
  return { response, callbackType: callback?.type ?? '', paymentId: callback?.paymentId ?? null, eventId: null, cause };
}

/** Creates the result of a callback that gets a mocked error. */
export function mockedResult(mock: CallbackResponse, { type, paymentId }: Callback): CallbackResult {
  return { response: 'mocked', mock, callbackType: type, paymentId, eventId: null, cause: null };
}

/** Returns the response of a result. */
export function responseOf(result: CallbackResult): CallbackResponse {
  return result.response === 'mocked' ? result.mock : RESPONSES[result.response];
}
