/** Listens on free ports of 127.0.0.1. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import * as net from 'node:net';

export interface Listener {
  readonly port: number;
  /** http://127.0.0.1:port */
  readonly url: string;
  /** Stops listening and ends every connection; resolves when it is done. Safe to call twice. */
  close(): Promise<void>;
}

/** Starts any server (TCP, HTTP, HTTPS) on a free port. Resolves when it listens. */
export async function listenLocally(server: net.Server): Promise<Listener> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = server.listening ? once(server.close(), 'close') : undefined;
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const MAX_TRIES = 1_000;
const given = new Set<number>();

/**
 * Returns a port of 127.0.0.1 on which nothing listens, in one process never the same twice. It lies below the ports that
 * Linux gives to connections and to servers without a port of their own (32768 to 60999), so that neither takes it before
 * the caller does.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = randomInt(20_000, 32_000);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${MAX_TRIES} ports was free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (listening) await once(server.close(), 'close');
  return listening;
}
