/**
 * Clients that only occupy a connection: thousands of idle ones, and some that send very slowly. The receiver must end
 * the slow ones itself, and legitimate callbacks must not be affected by the idle ones.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { resetSocket } from '../../src/lib/reset-socket.ts';
import { sleep } from '../../test/harness/wait.ts';
import { type Endpoint, validDigest, validGuardHeaders } from './endpoint.ts';
import { MAPI_PATH, unprovenTarget, withToken } from './mapi-endpoint.ts';
import { openRawConnection } from './raw-connection.ts';
import { head } from './request.ts';
import { outcomeOf } from './response-reader.ts';

/** File descriptors that everything else in this process needs. */
const RESERVED_FILES = 1_500;
const OPENED_AT_ONCE = 250;
const HOLD_MS = 5_000;

/** Returns how many connections this process may open, at most `wanted`. */
export function maxConnections(wanted: number): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return Math.max(0, Math.min(wanted, Number(limit ?? RESERVED_FILES) - RESERVED_FILES));
  } catch {
    return Math.min(wanted, OPENED_AT_ONCE);
  }
}

/**
 * Opens this many connections, keeps them idle for a while, and resets them; resolves with how many were open at the
 * same time.
 */
export async function holdIdleConnections({ port }: Endpoint, wanted: number, signal: AbortSignal): Promise<number> {
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

/** Opens a connection. Every second one sends one request first, after which the receiver keeps it open for longer. */
function openIdle(port: number, sockets: Set<Socket>): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.on('connect', () => {
    sockets.add(socket);
    if (sockets.size % 2 === 0) socket.write(head({ target: '/healthz' }));
    resolve(true);
  });
  socket.on('error', () => resolve(false)).on('close', () => void sockets.delete(socket));
  // Unread data would keep the connection from ending.
  socket.resume();
  return promise;
}

/** The outcome of a slow client. */
export interface SlowClientResult {
  readonly client: string;
  /** Responses and `closed`, in order; `silent` when the receiver did not end it. */
  readonly outcomes: readonly string[];
  readonly afterMs: number;
}

/**
 * Longer than the receiver's longest timeout for a whole request (src/http/server.ts), plus a margin for a busy
 * machine.
 */
export const SLOW_LIMIT_MS = 22_000;
const DRIP_MS = 500;

/** Runs one client of each kind at the same time; resolves when the receiver has ended all of them. */
export async function runSlowClients(endpoint: Endpoint, signal: AbortSignal): Promise<SlowClientResult[]> {
  const guardHeaders = validGuardHeaders(() => 0, endpoint);
  const target = '/callbacks/resurs?c=UPDATE&p=slow';
  const digest = validDigest(endpoint, 'slow', { type: 'UPDATE', t: null });
  const length = 'Content-Length: 200000\r\n';
  const signedTarget = `${target}${digest === null ? '' : `&d=${digest}`}`;
  const unsigned = { method: 'POST', target: `${target}&d=${'0'.repeat(40)}`, headers: length };
  const clients = [
    { client: 'silent', start: '' },
    { client: 'slow request line', start: 'GET /callbacks/resurs?c=' },
    { client: 'slow headers', start: `GET ${target} HTTP/1.1\r\nX-Slow: ` },
    { client: 'slow body, wrong digest', start: head(unsigned) },
    {
      client: 'slow body, wrong token',
      start: head({ method: 'POST', target: unprovenTarget(() => 0, endpoint), headers: guardHeaders + length }),
    },
    {
      client: 'slow body, right token',
      start: head({ method: 'POST', target: withToken(() => 0, endpoint, MAPI_PATH), headers: guardHeaders + length }),
    },
    {
      client: 'slow body, signed',
      start: head({ method: 'POST', target: signedTarget, headers: guardHeaders + length }),
    },
  ];
  return Promise.all(clients.map(({ client, start }) => drip(endpoint, { client, start, signal })));
}

interface Drip {
  readonly client: string;
  readonly start: string;
  readonly signal: AbortSignal;
}

async function drip({ port }: Endpoint, { client, start, signal }: Drip): Promise<SlowClientResult> {
  const startedAtMs = performance.now();
  const connection = await openRawConnection(port, signal).catch(() => null);
  if (connection === null) return { client, outcomes: ['no connection'], afterMs: 0 };
  await connection.write(start);
  // The silent client sends nothing at all.
  const timer = setInterval(() => void (start !== '' && !connection.isOver() && connection.write('x')), DRIP_MS);
  const outcomes: string[] = [];
  while (outcomes.at(-1) !== 'closed' && outcomes.at(-1) !== 'silent' && !signal.aborted) {
    const leftMs = Math.max(0, SLOW_LIMIT_MS - (performance.now() - startedAtMs));
    const response = await connection.next(leftMs);
    outcomes.push(typeof response === 'string' ? response : outcomeOf(response));
  }
  clearInterval(timer);
  connection.reset();
  return { client, outcomes, afterMs: performance.now() - startedAtMs };
}
