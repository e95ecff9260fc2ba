/** A raw TCP connection, written and read as bytes. */
import { connect } from 'node:net';
import { resetSocket } from '../../src/lib/reset-socket.ts';
import { createResponseReader, type RawResponse, type ResponseReader } from './response-reader.ts';

export interface RawConnection {
  /** Resolves when the kernel has the bytes. */
  write(bytes: string): Promise<void>;
  /**
   * Resolves with the next response; `closed` when the connection ends first, `silent` when nothing arrives in time.
   */
  next(limitMs: number, isHead?: boolean): Promise<RawResponse | 'closed' | 'silent'>;
  /** Ends the sending side. */
  halfClose(): void;
  /** Resets the connection. */
  reset(): void;
  readonly isOver: () => boolean;
}

const CONNECT_TIMEOUT_MS = 20_000;

/** Opens a connection; rejects when that fails. The signal destroys it at any time. */
export async function openRawConnection(port: number, signal: AbortSignal): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  const opened = Promise.withResolvers<void>();
  const reader: ResponseReader = createResponseReader();
  const ready: RawResponse[] = [];
  let waiting: ((response: RawResponse | 'closed' | 'silent') => void) | null = null;
  let isHeadNext = false;
  let isOver = false;

  const deliver = (): void => {
    if (waiting === null || (ready.length === 0 && !isOver)) return;
    const resolve = waiting;
    waiting = null;
    resolve(ready.shift() ?? 'closed');
  };
  const onEnd = (): void => {
    isOver = true;
    opened.reject(new Error('no connection'));
    deliver();
  };
  socket.on('connect', opened.resolve);
  socket.on('data', (chunk: Buffer) => {
    ready.push(...reader.push(chunk.toString('latin1'), () => isHeadNext));
    deliver();
  });
  // Nothing arrives after the other side has ended; a reset emits an error before `close`.
  socket.on('end', onEnd).on('error', onEnd).on('close', onEnd);
  const destroy = (): void => void socket.destroy();
  signal.addEventListener('abort', destroy);
  socket.on('close', () => signal.removeEventListener('abort', destroy));
  const timer = setTimeout(destroy, CONNECT_TIMEOUT_MS);
  await opened.promise.finally(() => clearTimeout(timer));

  return {
    isOver: () => isOver,
    write: (bytes) => new Promise((resolve) => void socket.write(bytes, 'latin1', () => resolve())),
    next(limitMs, isHead = false) {
      isHeadNext = isHead;
      const { promise, resolve } = Promise.withResolvers<RawResponse | 'closed' | 'silent'>();
      const late = setTimeout(() => {
        waiting = null;
        resolve('silent');
      }, limitMs);
      waiting = resolve;
      deliver();
      return promise.finally(() => clearTimeout(late));
    },
    halfClose: () => void socket.end(),
    reset: () => resetSocket(socket),
  };
}
