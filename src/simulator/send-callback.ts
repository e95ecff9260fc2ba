/**
 * Sends one request as Resurs does: a timeout of five seconds, no redirect followed, Basic credentials sent without a
 * challenge. Whatever the receiver does is a response and not an error; only the caller's abort is thrown. The body of
 * the response is always read to its end or dropped, because its connection would stay blocked.
 */
import { type Dispatcher, request } from 'undici';
import { abortable } from '../lib/abortable.ts';
import { RESURS_TIMEOUT_MS } from '../protocol/ecom/timing.ts';

/**
 * The Java client that Resurs is, and the browser it also pretends to be (protocol 4.3); the literal strings are ours.
 */
const USER_AGENTS = ['Java/21 (simulated)', 'Mozilla/5.0 (compatible; simulated)'];

/** The unusual capitals are Resurs' own. Source: protocol 1.0. */
const BODY_TYPE = 'application/Json';

export type Method = 'POST' | 'GET';

export interface OutgoingCallback {
  readonly method: Method;
  readonly url: string;
  readonly body: string | null;
  readonly authorization: string | null;
  readonly tryNumber: number;
  /** Of the body; that of eCom where it is left out. */
  readonly contentType?: string;
}

export type ReceiverResponse =
  /**
   * `phrase` is on the status line; `reason` is the same fact from `x-callback-reason`, null when the header is
   * missing.
   */
  | { readonly outcome: 'answered'; readonly status: number; readonly phrase: string; readonly reason: string | null }
  | { readonly outcome: 'timed_out' }
  | { readonly outcome: 'unreachable'; readonly error: string };

/** Sends one request and returns the response. Throws only when `signal` aborted it. */
export async function sendCallbackRequest(
  dispatcher: Dispatcher,
  callback: OutgoingCallback,
  signal: AbortSignal,
): Promise<ReceiverResponse> {
  const timeout = AbortSignal.timeout(RESURS_TIMEOUT_MS);
  const either = AbortSignal.any([timeout, signal]);
  try {
    // undici heeds a signal only once it is connected.
    return await abortable(sendRequest(dispatcher, callback, either), either);
  } catch (error) {
    signal.throwIfAborted();
    return timeout.aborted ? { outcome: 'timed_out' } : { outcome: 'unreachable', error: errorText(error) };
  }
}

async function sendRequest(
  dispatcher: Dispatcher,
  callback: OutgoingCallback,
  signal: AbortSignal,
): Promise<ReceiverResponse> {
  const { method, url, body } = callback;
  const response = await request(url, { dispatcher, method, headers: headersOf(callback), body, signal });
  await response.body.dump();
  const reason = response.headers['x-callback-reason'];
  return {
    outcome: 'answered',
    status: response.statusCode,
    phrase: response.statusText,
    reason: typeof reason === 'string' ? reason : null,
  };
}

function headersOf({
  body,
  authorization,
  tryNumber,
  contentType = BODY_TYPE,
}: OutgoingCallback): Record<string, string> {
  return {
    'user-agent': USER_AGENTS[(tryNumber - 1) % USER_AGENTS.length] ?? '',
    ...(body === null ? {} : { 'content-type': contentType }),
    ...(authorization === null ? {} : { authorization }),
  };
}

/** Returns only the code where there is one: messages of undici may contain the URL, and the digest with it. */
function errorText(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown error';
}
