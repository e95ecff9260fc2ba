/**
 * A network between the service and the tests' Postgres that a test can break: it goes silent without closing anything, or
 * is away altogether. Connections through it are real Postgres connections.
 */
import { once } from 'node:events';
import * as net from 'node:net';
import * as path from 'node:path';
import type { TestContext } from 'node:test';

export interface DatabaseProxy {
  /** The database's URL through the proxy. */
  readonly url: string;
  /** From now on nothing comes through in either direction, on old and new connections; nothing is closed. */
  silence(): void;
  /** From now on statements reach Postgres and take effect, and what it answers waits. */
  holdReplies(): void;
  /** Passes on what has waited, and everything from now on. */
  speak(): void;
  /** Breaks every connection and refuses new ones. */
  leave(): Promise<void>;
  /** Takes connections again, at the same address. */
  comeBack(): Promise<void>;
}

/** A proxy in front of the database that `databaseUrl` names, on the Unix socket that it names. */
export async function startDatabaseProxy(t: TestContext, databaseUrl: string): Promise<DatabaseProxy> {
  const real = new URL(databaseUrl);
  const socketPath = path.join(real.searchParams.get('host') ?? '', `.s.PGSQL.${real.port || '5432'}`);
  const sockets = new Set<net.Socket>();
  const upstreams = new Set<net.Socket>();
  let held: ReadonlySet<net.Socket> | null = null;
  const server = net.createServer((client) => {
    const upstream = net.connect(socketPath);
    upstreams.add(upstream);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => void to.write(data));
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        upstreams.delete(from);
        to.destroy();
      });
      if (held?.has(from)) from.pause();
    }
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as net.AddressInfo).port;
  };
  const port = await listen(0);
  const leave = async () => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  t.after(leave);
  /** Those that come later, too. */
  const hold = (which: ReadonlySet<net.Socket>) => {
    held = which;
    for (const socket of which) socket.pause();
  };

  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  url.searchParams.delete('host');
  return {
    url: url.href,
    silence: () => hold(sockets),
    holdReplies: () => hold(upstreams),
    speak() {
      held = null;
      for (const socket of sockets) socket.resume();
    },
    leave,
    comeBack: async () => void (await listen(port)),
  };
}
