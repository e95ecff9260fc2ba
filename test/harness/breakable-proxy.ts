/**
 * Proxies TCP to a Postgres on a Unix socket and breaks the connections on demand. Its port stays the same while
 * Postgres may restart on another socket. It does not parse the protocol: connections through it are real Postgres
 * connections.
 */
import { once } from 'node:events';
import * as net from 'node:net';
import { resetSocket } from '../../src/lib/reset-socket.ts';
import { listenLocally } from './listen.ts';

export interface BreakableProxy {
  readonly port: number;
  /** Delays every later chunk by `ms`, in both directions. 0 ends it. */
  delay(ms: number): void;
  /**
   * Passes nothing on, in either direction, on old and new connections, and closes nothing. The returned function ends
   * this hold; data flows again when no other hold is left.
   */
  holdAll(): () => void;
  /** As `holdAll`, for what Postgres sends: statements still reach it and take effect. */
  holdReplies(): () => void;
  /** Resets all connections on both sides. `isAway` decides whether new ones are reset, too, until the next call. */
  cut(isAway: boolean): void;
  /** Ends Postgres' side alone: the clients keep connections on which nothing arrives any more. */
  halfOpen(): void;
  /** Breaks every connection and stops listening: new connections are refused. */
  leave(): Promise<void>;
  /** Listens again, on the same port. */
  comeBack(): Promise<void>;
}

interface Pair {
  readonly client: net.Socket;
  readonly upstream: net.Socket;
  isHalfOpen: boolean;
}

interface State {
  readonly pairs: Set<Pair>;
  /** Holds in force: of both directions, or of the replies alone. */
  readonly holds: Map<symbol, 'all' | 'replies'>;
  delayMs: number;
  isAway: boolean;
}

/** Listens on a free port of 127.0.0.1; `socketPath` returns where Postgres listens now. `leave` ends it. */
export async function startBreakableProxy(socketPath: () => string): Promise<BreakableProxy> {
  const state: State = { pairs: new Set(), holds: new Map(), delayMs: 0, isAway: false };
  const server = net.createServer((client) => {
    if (state.isAway) resetSocket(client);
    else connectThrough(client, net.connect(socketPath()), state);
  });
  const { port, close } = await listenLocally(server);
  const hold = (what: 'all' | 'replies') => {
    const key = Symbol(what);
    state.holds.set(key, what);
    for (const pair of state.pairs) applyHolds(pair, state);
    return () => {
      state.holds.delete(key);
      for (const pair of state.pairs) applyHolds(pair, state);
    };
  };
  return {
    port,
    delay(ms) {
      state.delayMs = ms;
    },
    holdAll: () => hold('all'),
    holdReplies: () => hold('replies'),
    cut(isAway) {
      state.isAway = isAway;
      for (const { client, upstream } of state.pairs) {
        resetSocket(client);
        upstream.destroy();
      }
    },
    halfOpen() {
      for (const pair of state.pairs) {
        pair.isHalfOpen = true;
        pair.upstream.destroy();
      }
    },
    async leave() {
      for (const { upstream } of state.pairs) upstream.destroy();
      await close();
    },
    async comeBack() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
}

function connectThrough(client: net.Socket, upstream: net.Socket, state: State): void {
  const pair: Pair = { client, upstream, isHalfOpen: false };
  state.pairs.add(pair);
  pass(client, upstream, state);
  pass(upstream, client, state);
  upstream.on('error', () => undefined);
  upstream.on('close', () => pair.isHalfOpen || client.destroy());
  client.on('close', () => {
    upstream.destroy();
    state.pairs.delete(pair);
  });
  applyHolds(pair, state);
}

function applyHolds({ client, upstream }: Pair, { holds }: State): void {
  const inForce = new Set(holds.values());
  if (inForce.has('all')) client.pause();
  else client.resume();
  if (inForce.size > 0) upstream.pause();
  else upstream.resume();
}

function pass(from: net.Socket, to: net.Socket, state: State): void {
  let dueMs = 0;
  from.on('data', (data) => {
    // Never before the previous chunk.
    dueMs = Math.max(dueMs, performance.now() + state.delayMs);
    const waitMs = dueMs - performance.now();
    const write = () => to.destroyed || to.write(data);
    if (waitMs < 1) write();
    else setTimeout(write, waitMs);
  });
}
