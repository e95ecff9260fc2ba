/**
 * The listening side of the stand-in, one level below HTTP: takes connections, or treats them as badly as it is told
 * to, and ends every one of them at once when it closes. A plain socket server stands in front, because an HTTP server
 * reads from each connection it gets.
 */
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { resetSocket } from '../../lib/reset-socket.ts';
import type { Quirks } from './quirks.ts';

/** Where to listen, how connections are treated at the moment, and who answers requests. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly connectionFault: () => Quirks['connections'];
  readonly onRequest: RequestListener;
}

/** An open port. */
export interface Listener {
  /** http://host:port, without a slash behind. */
  readonly origin: string;
  /** Resolves when no connection is left. Safe to call again. */
  close(): Promise<void>;
}

/** Throws when the port cannot be had. */
export async function listen({ host, port, connectionFault, onRequest }: ListenOptions): Promise<Listener> {
  const http = createHttpServer(onRequest);
  const open = new Set<Socket>();
  const front = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // The other side may vanish whenever it wants.
    socket.on('error', () => undefined);
    const treated = connectionFault();
    if (treated === 'refused') resetSocket(socket);
    if (treated === 'taken') http.emit('connection', socket);
  });
  front.listen(port, host);
  await once(front, 'listening');
  let closed: Promise<unknown> | null = null;

  return {
    origin: originOf(front.address() as AddressInfo),
    async close() {
      closed ??= once(front.close(), 'close');
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function originOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
