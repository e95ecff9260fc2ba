/**
 * Sends one POST and reads the start of its response, on undici's lowest level: `request` costs twice as much for a
 * stream of which at most a KiB is read, and `AbortSignal.timeout` keeps a finished request in memory until its timeout
 * has passed.
 *
 * Always ends in time: undici ignores its controller until it is connected, so nothing waits for undici.
 */
import type { Dispatcher } from 'undici';

export const RESPONSE_EXCERPT_BYTES = 1_024;

export interface PostRequest {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** `aborted`: the signal has ended it. `failed`: no complete response was received. */
export type PostResult =
  | { outcome: 'responded'; status: number; excerpt: string; retryAfter: string | undefined }
  | { outcome: 'timed_out' }
  | { outcome: 'aborted' }
  | { outcome: 'failed'; error: unknown };

/** Sends the request. One timeout covers everything from connect to the last byte that is read. Never rejects. */
export function postOnce(
  dispatcher: Dispatcher,
  post: PostRequest,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<PostResult> {
  if (signal.aborted) return Promise.resolve({ outcome: 'aborted' });
  const { promise, resolve } = Promise.withResolvers<PostResult>();
  const reader = createResponseReader();
  let controller: Dispatcher.DispatchController | null = null;
  let isCancelled = false;

  function end(result: PostResult): void {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    resolve(result);
  }
  function cancel(result: PostResult): void {
    isCancelled = true;
    end(result);
    controller?.abort(CANCELLED);
  }
  const timer = setTimeout(() => cancel({ outcome: 'timed_out' }), timeoutMs);
  const onAbort = () => cancel({ outcome: 'aborted' });
  signal.addEventListener('abort', onAbort, { once: true });

  dispatcher.dispatch(
    // The merchant recognizes a repeat by its webhook-id.
    { ...post, method: 'POST', idempotent: true },
    {
      onRequestStart(started) {
        controller = started;
        if (isCancelled) started.abort(CANCELLED);
      },
      onResponseStart: (_, status, headers) => reader.begin(status, headers),
      onResponseData(_, chunk) {
        reader.add(chunk);
        // So an endless response is not read on.
        if (reader.isFull()) cancel(reader.read());
      },
      onResponseEnd: () => end(reader.read()),
      onResponseError: (_, error) => end({ outcome: 'failed', error }),
    },
  );
  return promise;
}

const CANCELLED = new Error('not read any further');

function createResponseReader() {
  const chunks: Buffer[] = [];
  let length = 0;
  let status = 0;
  let retryAfter: string | undefined;
  return {
    begin(newStatus: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
      status = newStatus;
      const value = headers['retry-after'];
      retryAfter = Array.isArray(value) ? value[0] : value;
    },
    add(chunk: Buffer): void {
      chunks.push(chunk);
      length += chunk.length;
    },
    isFull: () => length >= RESPONSE_EXCERPT_BYTES,
    read: (): PostResult => ({ outcome: 'responded', status, excerpt: decodeExcerpt(chunks), retryAfter }),
  };
}

function decodeExcerpt(chunks: readonly Buffer[]): string {
  if (chunks.length === 0) return '';
  // Postgres text cannot contain NUL.
  return Buffer.concat(chunks).subarray(0, RESPONSE_EXCERPT_BYTES).toString('utf8').replaceAll('\0', '\uFFFD');
}
