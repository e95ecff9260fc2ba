/**
 * Sends one request as any client of this machine does, over a dispatcher: unlike probe/http.ts it goes where names and
 * proxies lead, also over http and to loopback, so that a rehearsal on one machine works. It follows no redirect.
 */
import { type Dispatcher, request } from 'undici';
import { abortable } from '../../lib/abortable.ts';
import { errorSummary } from '../../lib/errors.ts';
import { type ProbeRequest, type ProbeResponse, toResponse } from './http.ts';

/** `callbackType`: the type that the receiver states to have got; null when another server responded. */
export type DispatchedResult =
  | { readonly outcome: 'answered'; readonly response: ProbeResponse; readonly callbackType: string | null }
  | { readonly outcome: 'timed_out' }
  | { readonly outcome: 'no_response'; readonly code: string };

export interface DispatchOptions {
  /** Its creator closes it. */
  readonly dispatcher: Dispatcher;
  /** For the whole request. */
  readonly timeoutMs: number;
}

/** Sends it to `origin`. Rejects only with the reason of `signal`. */
export async function sendDispatched(
  origin: string,
  { method, target, headers, body }: ProbeRequest,
  { dispatcher, timeoutMs }: DispatchOptions,
  signal = new AbortController().signal,
): Promise<DispatchedResult> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([timeout, signal]);
  try {
    // undici heeds the signal only once it is connected.
    const sent = request(`${origin}${target}`, { dispatcher, method, headers, body, signal: either });
    const response = await abortable(sent, either);
    response.body.on('error', () => undefined).destroy();
    const callbackType = response.headers['x-callback-actual'];
    return {
      outcome: 'answered',
      response: toResponse(response),
      callbackType: typeof callbackType === 'string' ? callbackType : null,
    };
  } catch (error) {
    signal.throwIfAborted();
    return timeout.aborted ? { outcome: 'timed_out' } : { outcome: 'no_response', code: errorSummary(error) };
  }
}
