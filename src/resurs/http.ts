/**
 * Sends one HTTP request to Resurs and returns the response without interpreting it. Credentials are headers of the
 * request: they go with the first one, because Resurs does not always ask for them. Redirects are not followed. One time-out covers
 * everything from connect to the last byte. A call ends in one of three ways, none of them an exception: answered,
 * timed out, or unreachable. Only an abort by the caller is thrown.
 */
import { type Dispatcher, request } from 'undici';
import { abortable } from '../lib/abortable.ts';
import { errorSummary } from '../lib/errors.ts';
import { parseHttpDate } from '../lib/http-date.ts';
import type { BasicCredentials } from '../protocol/ecom/registration.ts';

/** How requests are sent. */
export interface Transport {
  /** The connections; their creator closes them. */
  readonly dispatcher: Dispatcher;
  /** For one whole call. */
  readonly timeoutMs: number;
}

/** The options of a client of one of the two interfaces of eCom. */
export interface ClientOptions extends Transport {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly account: BasicCredentials;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** A POST that may be sent once more when its connection turns out to be closed: it only reads. A GET always may. */
  readonly isRepeatable?: boolean;
}

/** A response has a status; its body may still have been lost. */
export interface HttpResponse {
  readonly status: number;
  /** In lower case; empty when the header is missing. */
  readonly contentType: string;
  /** The header; undefined when it is missing. */
  readonly retryAfter: string | undefined;
  /** When the other side sent it, by its own clock, to the second; null when it does not say. */
  readonly date: Date | null;
  readonly body: Body;
}

/** The `problem` of a lost body completes "the response …". */
export type Body =
  | { readonly outcome: 'read'; readonly text: string }
  | { readonly outcome: 'lost'; readonly kind: 'timed_out' | 'not_understood'; readonly problem: string };

export type HttpResult =
  | { readonly outcome: 'answered'; readonly response: HttpResponse }
  | { readonly outcome: 'failed'; readonly kind: 'unreachable' | 'timed_out'; readonly text: string };

export const BODY_LIMIT_BYTES = 1_048_576;

/** Names the caller in the logs of Resurs and of proxies in between. */
const USER_AGENT = 'resurs-callback-receiver';

/** How one call may be aborted: by the caller, by the time-out, or by the first of them. */
interface AbortSignals {
  readonly caller: AbortSignal;
  readonly timeout: AbortSignal;
  readonly either: AbortSignal;
}

/** Sends one request. Throws `signal.reason` when the caller aborts it, and nothing else. */
export async function sendRequest(
  options: Transport,
  httpRequest: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResult> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signals = { caller: signal, timeout, either: AbortSignal.any([signal, timeout]) };
  try {
    // undici heeds the signal only once it is connected; `abortable` ends the call in any case.
    const response = await abortable(send(options, httpRequest, signals.either), signals.either);
    const contentType = (headerOf(response.headers, 'content-type') ?? '').toLowerCase();
    const retryAfter = headerOf(response.headers, 'retry-after');
    const date = parseHttpDate(headerOf(response.headers, 'date'));
    const body = await readBody(response.body, contentType, signals);
    return { outcome: 'answered', response: { status: response.statusCode, contentType, retryAfter, date, body } };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted)
      return { outcome: 'failed', kind: 'timed_out', text: `no response within ${options.timeoutMs} ms` };
    return { outcome: 'failed', kind: 'unreachable', text: errorSummary(error) };
  }
}

function headerOf(headers: Readonly<Record<string, string | string[] | undefined>>, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function send({ dispatcher }: Transport, httpRequest: HttpRequest, signal: AbortSignal) {
  const { method, url, body, isRepeatable = method === 'GET' } = httpRequest;
  const headers = { 'user-agent': USER_AGENT, ...httpRequest.headers };
  return request(url, { dispatcher, method, headers, body, signal, idempotent: isRepeatable });
}

async function readBody(stream: AsyncIterable<Buffer>, contentType: string, signals: AbortSignals): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Leaving the loop early closes the connection, so an endless response is not read on.
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > BODY_LIMIT_BYTES) return bodyLost('not_understood', 'is longer than 1 MiB');
    }
  } catch (error) {
    signals.caller.throwIfAborted();
    if (signals.timeout.aborted) return bodyLost('timed_out', 'began in time but did not end');
    return bodyLost('not_understood', `broke off (${errorSummary(error)})`);
  }
  return { outcome: 'read', text: decode(Buffer.concat(chunks), contentType) };
}

/** Decodes by the character set that the header names, else as UTF-8; drops a byte order mark. */
function decode(bytes: Buffer, contentType: string): string {
  const charset = /;\s*charset="?([^\s";]+)/.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function bodyLost(kind: 'timed_out' | 'not_understood', problem: string): Body {
  return { outcome: 'lost', kind, problem };
}
