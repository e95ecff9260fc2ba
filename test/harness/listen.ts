/** Listens on free ports of 127.0.0.1. */
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

/** Returns a port of 127.0.0.1 on which nothing listens. Another program could take it before the caller does. */
export async function freePort(): Promise<number> {
  const { port, close } = await listenLocally(net.createServer());
  await close();
  return port;
}
