/**
 * Senders that cost a connection and nothing else: thousands that say nothing, and some that say everything very
 * slowly. The receiver must end the slow ones by itself, and the honest must not notice the others.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { resetSocket } from '../../src/lib/reset-socket.ts';
import { sleep } from '../../test/harness/wait.ts';
import { type Door, rightHeaders, signed } from './endpoint.ts';
import { openWire } from './raw-connection.ts';
import { head } from './request.ts';
import { outcomeOf } from './response-reader.ts';

/** Descriptors that everything else here needs. */
const RESERVED_FILES = 1_500;
const OPENED_AT_ONCE = 250;
const HOLD_MS = 5_000;

/** As many as the machine lets one process have, but not more than wanted. */
export function possibleConnections(wanted: number): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return Math.max(0, Math.min(wanted, Number(limit ?? RESERVED_FILES) - RESERVED_FILES));
  } catch {
    return Math.min(wanted, OPENED_AT_ONCE);
  }
}

/** Opens that many, holds them for a while, and ends them; resolves with how many were open at the same time. */
export async function holdIdle({ port }: Door, wanted: number, signal: AbortSignal): Promise<number> {
  const sockets = new Set<Socket>();
  let most = 0;
  while (sockets.size < wanted && !signal.aborted) {
    const count = Math.min(OPENED_AT_ONCE, wanted - sockets.size);
    const opened = await Promise.all(Array.from({ length: count }, () => openIdle(port, sockets)));
    most = Math.max(most, sockets.size);
    if (!opened.includes(true)) break;
  }
  await sleep(HOLD_MS, signal);
  for (const socket of sockets) resetSocket(socket);
  return most;
}

/** One in two has been used before, which keeps it open for longer. */
function openIdle(port: number, sockets: Set<Socket>): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.on('connect', () => {
    sockets.add(socket);
    if (sockets.size % 2 === 0) socket.write(head({ target: '/healthz' }));
    resolve(true);
  });
  socket.on('error', () => resolve(false)).on('close', () => void sockets.delete(socket));
  // What is not read would keep the connection from ending.
  socket.resume();
  return promise;
}

/** How a slow sender ended. */
export interface SlowEnd {
  readonly kind: string;
  /** Answers and `closed`, in order; `silent` when the receiver let it go on. */
  readonly outcomes: readonly string[];
  readonly afterMs: number;
}

/**
 * Above the longest time-out of the receiver for a request as a whole (src/http/server.ts), with what a busy machine adds.
 */
export const SLOW_LIMIT_MS = 22_000;
const DRIP_MS = 500;

/** One of each kind, at the same time; resolves when the receiver has ended all of them. */
export async function sendSlowly(door: Door, signal: AbortSignal): Promise<SlowEnd[]> {
  const right = rightHeaders(() => 0, door);
  const target = '/callbacks/resurs?c=UPDATE&p=slow';
  const digest = signed(door, 'slow', { type: 'UPDATE', t: null });
  const length = 'Content-Length: 200000\r\n';
  const signedTarget = `${target}${digest === null ? '' : `&d=${digest}`}`;
  const stranger = { method: 'POST', target: `${target}&d=${'0'.repeat(40)}`, headers: length };
  const kinds = [
    { kind: 'silent', start: '' },
    { kind: 'slow request line', start: 'GET /callbacks/resurs?c=' },
    { kind: 'slow headers', start: `GET ${target} HTTP/1.1\r\nX-Slow: ` },
    { kind: 'slow body of a stranger', start: head(stranger) },
    { kind: 'slow body, signed', start: head({ method: 'POST', target: signedTarget, headers: right + length }) },
  ];
  return Promise.all(kinds.map(({ kind, start }) => drip(door, { kind, start, signal })));
}

interface Drip {
  readonly kind: string;
  readonly start: string;
  readonly signal: AbortSignal;
}

async function drip({ port }: Door, { kind, start, signal }: Drip): Promise<SlowEnd> {
  const startedAtMs = performance.now();
  const wire = await openWire(port, signal).catch(() => null);
  if (wire === null) return { kind, outcomes: ['no connection'], afterMs: 0 };
  await wire.write(start);
  // A sender that says nothing at all is one of the kinds.
  const timer = setInterval(() => void (start !== '' && !wire.isOver() && wire.write('x')), DRIP_MS);
  const outcomes: string[] = [];
  while (outcomes.at(-1) !== 'closed' && outcomes.at(-1) !== 'silent' && !signal.aborted) {
    const leftMs = Math.max(0, SLOW_LIMIT_MS - (performance.now() - startedAtMs));
    const seen = await wire.next(leftMs);
    outcomes.push(typeof seen === 'string' ? seen : outcomeOf(seen));
  }
  clearInterval(timer);
  wire.reset();
  return { kind, outcomes, afterMs: performance.now() - startedAtMs };
}
