/**
 * One HTTP request to Resurs and what came back, whatever it means. The account's Basic credentials go with the first
 * request (Resurs does not always ask for them), redirects are not followed, and one time-out covers everything from
 * connect to the last byte. A call ends in one of three ways, none of them an error: answered, timed out, or not
 * reached; only the caller's own wish to stop is thrown.
 */
import { type Dispatcher, request } from 'undici';
import { abortable } from '../lib/abortable.ts';
import { errorSummary } from '../lib/errors.ts';
import { type BasicCredentials, basicHeader } from '../protocol/ecom/registration.ts';

/** What a client of one of the two interfaces needs. */
export interface ClientOptions {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly account: BasicCredentials;
  /** The connections; whoever made them closes them. */
  readonly dispatcher: Dispatcher;
  /** One whole call. */
  readonly timeoutMs: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** An answer has a status; its body may still have been lost on the way. */
export interface HttpResponse {
  readonly status: number;
  /** In lower case; empty when the header is missing. */
  readonly contentType: string;
  readonly body: Body;
}

/** The `problem` of a lost body completes "the answer …". */
export type Body =
  | { readonly outcome: 'read'; readonly text: string }
  | { readonly outcome: 'lost'; readonly kind: 'timed_out' | 'not_understood'; readonly problem: string };

export type HttpResult =
  | { readonly outcome: 'answered'; readonly answer: HttpResponse }
  | { readonly outcome: 'failed'; readonly kind: 'unreachable' | 'timed_out'; readonly text: string };

export const BODY_LIMIT_BYTES = 1_048_576;

/** So that whoever looks into a log at Resurs, or at a proxy on the way, sees what called. */
const USER_AGENT = 'resurs-callback-receiver';

/** One call in progress: the caller's wish to stop, the time-out, and whichever of them comes first. */
interface Abort {
  readonly stopped: AbortSignal;
  readonly timeout: AbortSignal;
  readonly first: AbortSignal;
}

/** Sends one request. Throws `signal.reason` when the caller ends it, and nothing else. */
export async function sendRequest(options: ClientOptions, sent: HttpRequest, signal: AbortSignal): Promise<HttpResult> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const ends = { stopped: signal, timeout, first: AbortSignal.any([signal, timeout]) };
  try {
    // undici heeds the signal only when a connection is there; the call ends with it in any case.
    const response = await abortable(respond(options, sent, ends.first), ends.first);
    const type = response.headers['content-type'];
    const contentType = (typeof type === 'string' ? type : '').toLowerCase();
    const body = await readBody(response.body, contentType, ends);
    return { outcome: 'answered', answer: { status: response.statusCode, contentType, body } };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return { outcome: 'failed', kind: 'timed_out', text: `no answer in ${options.timeoutMs} ms` };
    return { outcome: 'failed', kind: 'unreachable', text: errorSummary(error) };
  }
}

function respond({ dispatcher, account }: ClientOptions, sent: HttpRequest, signal: AbortSignal) {
  const { method, url, body } = sent;
  const headers = { 'user-agent': USER_AGENT, authorization: basicHeader(account), ...sent.headers };
  return request(url, { dispatcher, method, headers, body, signal });
}

async function readBody(stream: AsyncIterable<Buffer>, contentType: string, ends: Abort): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Leaving the loop early ends the connection, so an endless answer is not read on.
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > BODY_LIMIT_BYTES) return bodyLost('not_understood', 'is longer than 1 MiB');
    }
  } catch (error) {
    ends.stopped.throwIfAborted();
    if (ends.timeout.aborted) return bodyLost('timed_out', 'began in time but did not end');
    return bodyLost('not_understood', `broke off (${errorSummary(error)})`);
  }
  return { outcome: 'read', text: decode(Buffer.concat(chunks), contentType) };
}

/** In the character set that the header names, else UTF-8; without a byte order mark. */
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
