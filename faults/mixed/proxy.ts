/**
 * The network between the receivers and Postgres, as a TCP proxy that can be broken: its address stays the same while the
 * Postgres behind it comes back with another socket. Nothing here reads the protocol.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { resetSocket } from '../../src/lib/reset-socket.ts';
import type { Cleanup } from '../lib/cleanup.ts';

export interface DatabaseNetwork {
  readonly port: number;
  /** From now on every piece comes so much later, in both directions. 0 ends it. */
  delay(ms: number): void;
  /**
   * Statements reach Postgres and take effect; what it answers waits here until the function that this returns is called,
   * and those of all others who hold it too.
   */
  holdReplies(): () => void;
  /** Resets every connection on both sides; with `isAway` new ones too, until told otherwise. */
  cut(isAway: boolean): void;
  /** Ends the side of Postgres alone: the receivers keep connections on which nothing comes any more. */
  halfOpen(): void;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  isHalfOpen: boolean;
}

interface State {
  delayMs: number;
  readonly holders: Set<symbol>;
  isAway: boolean;
}

/** Listens on a free port; `socketPath` says where Postgres is at the moment. */
export async function startProxy(socketPath: () => string, cleanup: Cleanup): Promise<DatabaseNetwork> {
  const pairs = new Set<Pair>();
  const state: State = { delayMs: 0, holders: new Set(), isAway: false };
  const server = createServer((client) => {
    client.on('error', () => undefined);
    if (state.isAway) resetSocket(client);
    else connectThrough(client, connect(socketPath()), { pairs, state });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(async () => {
    server.close();
    for (const pair of pairs) cutPair(pair);
    await once(server, 'close');
  });
  return {
    port: (server.address() as AddressInfo).port,
    delay: (ms) => {
      state.delayMs = ms;
    },
    holdReplies() {
      const holder = Symbol('holder');
      state.holders.add(holder);
      for (const { upstream } of pairs) upstream.pause();
      return () => {
        if (!state.holders.delete(holder) || state.holders.size > 0) return;
        for (const { upstream } of pairs) upstream.resume();
      };
    },
    cut(isAway) {
      state.isAway = isAway;
      for (const pair of pairs) cutPair(pair);
    },
    halfOpen() {
      for (const pair of pairs) {
        pair.isHalfOpen = true;
        pair.upstream.destroy();
      }
    },
  };
}

interface Network {
  readonly pairs: Set<Pair>;
  readonly state: State;
}

function connectThrough(client: Socket, upstream: Socket, { pairs, state }: Network): void {
  const pair: Pair = { client, upstream, isHalfOpen: false };
  pairs.add(pair);
  pass(client, upstream, state);
  pass(upstream, client, state);
  upstream.on('error', () => undefined);
  upstream.on('close', () => pair.isHalfOpen || client.destroy());
  client.on('close', () => {
    upstream.destroy();
    pairs.delete(pair);
  });
  if (state.holders.size > 0) upstream.pause();
}

function pass(from: Socket, to: Socket, state: State): void {
  let dueMs = 0;
  from.on('data', (data) => {
    // Never earlier than the piece before it.
    dueMs = Math.max(dueMs, performance.now() + state.delayMs);
    const waitMs = dueMs - performance.now();
    const write = () => to.destroyed || to.write(data);
    if (waitMs < 1) write();
    else setTimeout(write, waitMs);
  });
}

function cutPair({ client, upstream }: Pair): void {
  resetSocket(client);
  upstream.destroy();
}
