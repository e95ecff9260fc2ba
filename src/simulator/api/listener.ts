/**
 * The listener of the fake Resurs, one level below HTTP: accepts connections or injects a connection fault, and
 * destroys all connections when it closes. A plain socket server comes first, because an HTTP server reads from each
 * connection it gets.
 */
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { resetSocket } from '../../lib/reset-socket.ts';
import type { Quirks } from './quirks.ts';

/** Where to listen, the current connection fault, and the handler of requests. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly connectionFault: () => Quirks['connections'];
  readonly onRequest: RequestListener;
}

/** An open port. */
export interface Listener {
  /** http://host:port, without a trailing slash. */
  readonly origin: string;
  /** Resolves when no connection is left. Safe to call again. */
  close(): Promise<void>;
}

/** Starts listening. Throws when the port is in use. */
export async function listen({ host, port, connectionFault, onRequest }: ListenOptions): Promise<Listener> {
  const http = createHttpServer(onRequest);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // The client may disconnect at any time.
    socket.on('error', () => undefined);
    const fault = connectionFault();
    if (fault === 'refused') resetSocket(socket);
    if (fault === 'accepted') http.emit('connection', socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  let closed: Promise<unknown> | null = null;

  return {
    origin: originOf(server.address() as AddressInfo),
    async close() {
      closed ??= once(server.close(), 'close');
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function originOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
