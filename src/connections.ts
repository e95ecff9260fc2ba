/** The connections of a server, so that a stop can end them: those without a request at once, the others in time. */
import type * as http from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface Connections {
  /** Ends those without a request in flight; Node's own way spares the ones that were never used. */
  endQuiet(): void;
  endAll(): void;
}

/** Keyed by the peer's address and port, which the TCP socket and the TLS socket over it have in common. */
export function trackConnections({ server }: FastifyInstance): Connections {
  const open = new Map<string, Socket>();
  const busy = new Set<string>();
  const keyOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    open.set(key, socket);
    socket.once('close', () => open.delete(key));
  });
  const onRequest = ({ socket }: http.IncomingMessage, response: http.ServerResponse) => {
    const key = keyOf(socket);
    busy.add(key);
    response.once('close', () => busy.delete(key));
  };
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.prependListener(event, onRequest);
  return {
    endQuiet() {
      for (const [key, socket] of open) if (!busy.has(key)) socket.destroy();
    },
    endAll() {
      for (const socket of open.values()) socket.destroy();
    },
  };
}
