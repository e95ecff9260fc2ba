/**
 * One POST and the start of its answer, on undici's lowest level: `request` costs twice as much for a stream of which at
 * most a KiB is read, and `AbortSignal.timeout` keeps a finished request in memory until its time-out has passed.
 *
 * Ends in time in any case: undici does not heed its controller before a connection is there, so nothing waits for it.
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

/** `stopped`: the signal has ended it. `failed`: no whole answer came. */
export type PostResult =
  | { outcome: 'answered'; status: number; answer: string; retryAfter: string | undefined }
  | { outcome: 'timed_out' }
  | { outcome: 'stopped' }
  | { outcome: 'failed'; error: unknown };

/** One time-out covers everything from connect to the last byte that is read. Never rejects. */
export function postOnce(
  dispatcher: Dispatcher,
  post: PostRequest,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<PostResult> {
  if (signal.aborted) return Promise.resolve({ outcome: 'stopped' });
  const { promise, resolve } = Promise.withResolvers<PostResult>();
  const answer = createResponseReader();
  let controller: Dispatcher.DispatchController | null = null;
  let isCut = false;

  function end(result: PostResult): void {
    clearTimeout(timer);
    signal.removeEventListener('abort', onStop);
    resolve(result);
  }
  function cancel(result: PostResult): void {
    isCut = true;
    end(result);
    controller?.abort(CANCELLED);
  }
  const timer = setTimeout(() => cancel({ outcome: 'timed_out' }), timeoutMs);
  const onStop = () => cancel({ outcome: 'stopped' });
  signal.addEventListener('abort', onStop, { once: true });

  dispatcher.dispatch(
    { ...post, method: 'POST' },
    {
      onRequestStart(started) {
        controller = started;
        if (isCut) started.abort(CANCELLED);
      },
      onResponseStart: (_, status, headers) => answer.begin(status, headers),
      onResponseData(_, chunk) {
        answer.add(chunk);
        // So an endless answer is not read on.
        if (answer.isFull()) cancel(answer.read());
      },
      onResponseEnd: () => end(answer.read()),
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
    /** Also called for each interim answer (1xx); the last call is the answer's. */
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
    read: (): PostResult => ({ outcome: 'answered', status, answer: textOf(chunks), retryAfter }),
  };
}

function textOf(chunks: readonly Buffer[]): string {
  if (chunks.length === 0) return '';
  // Postgres text holds no NUL.
  return Buffer.concat(chunks).subarray(0, RESPONSE_EXCERPT_BYTES).toString('utf8').replaceAll('\0', '\uFFFD');
}
