/** One TCP connection, written to and read from byte by byte. */
import { connect } from 'node:net';
import { resetSocket } from '../../src/lib/reset-socket.ts';
import { type AnswerReader, createAnswerReader, type Seen } from './response-reader.ts';

export interface Wire {
  /** Resolves when the bytes have left for the kernel. */
  write(bytes: string): Promise<void>;
  /** The next answer; `closed` when the connection ends before, `silent` when nothing comes in time. */
  next(limitMs: number, isHead?: boolean): Promise<Seen | 'closed' | 'silent'>;
  /** No more bytes from here. */
  halfClose(): void;
  /** Ends it at once, without the polite way. */
  reset(): void;
  readonly isOver: () => boolean;
}

const CONNECT_WITHIN_MS = 20_000;

/** Rejects when no connection is to be had. The signal ends it, whatever it waits for. */
export async function openWire(port: number, signal: AbortSignal): Promise<Wire> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  const opened = Promise.withResolvers<void>();
  const reader: AnswerReader = createAnswerReader();
  const ready: Seen[] = [];
  let waiting: ((seen: Seen | 'closed' | 'silent') => void) | null = null;
  let isHeadNext = false;
  let isOver = false;

  const tell = (): void => {
    if (waiting === null || (ready.length === 0 && !isOver)) return;
    const react = waiting;
    waiting = null;
    react(ready.shift() ?? 'closed');
  };
  const over = (): void => {
    isOver = true;
    opened.reject(new Error('no connection'));
    tell();
  };
  socket.on('connect', opened.resolve);
  socket.on('data', (chunk: Buffer) => {
    ready.push(...reader.push(chunk.toString('latin1'), () => isHeadNext));
    tell();
  });
  // After the other side has ended, nothing more is to be had; a reset comes as an error before `close`.
  socket.on('end', over).on('error', over).on('close', over);
  const end = (): void => void socket.destroy();
  signal.addEventListener('abort', end);
  socket.on('close', () => signal.removeEventListener('abort', end));
  const timer = setTimeout(end, CONNECT_WITHIN_MS);
  await opened.promise.finally(() => clearTimeout(timer));

  return {
    isOver: () => isOver,
    write: (bytes) => new Promise((resolve) => void socket.write(bytes, 'latin1', () => resolve())),
    next(limitMs, isHead = false) {
      isHeadNext = isHead;
      const { promise, resolve } = Promise.withResolvers<Seen | 'closed' | 'silent'>();
      const late = setTimeout(() => {
        waiting = null;
        resolve('silent');
      }, limitMs);
      waiting = resolve;
      tell();
      return promise.finally(() => clearTimeout(late));
    },
    halfClose: () => void socket.end(),
    reset: () => resetSocket(socket),
  };
}
