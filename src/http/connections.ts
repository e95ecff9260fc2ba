/** The connections of a server, so that a stop can end them: those without a request at once, the others in time. */
import type * as http from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface Connections {
  /** Ends those without a request in flight; Node's own way spares the ones that were never used. */
  closeIdle(): void;
  closeAll(): void;
}

/** Keyed by the peer's address and port, which the TCP socket and the TLS socket over it have in common. */
export function trackConnections({ server }: FastifyInstance): Connections {
  const open = new Map<string, Socket>();
  /** Requests in flight; a connection that pipelines has several. */
  const inFlight = new Map<string, number>();
  const keyOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    open.set(key, socket);
    // The port may be in use again before the old socket's close is told.
    socket.once('close', () => open.get(key) === socket && open.delete(key));
  });
  const onRequest = ({ socket }: http.IncomingMessage, response: http.ServerResponse) => {
    const key = keyOf(socket);
    inFlight.set(key, (inFlight.get(key) ?? 0) + 1);
    response.once('close', () => {
      const left = (inFlight.get(key) ?? 1) - 1;
      if (left > 0) inFlight.set(key, left);
      else inFlight.delete(key);
    });
  };
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.prependListener(event, onRequest);
  return {
    closeIdle() {
      for (const [key, socket] of open) if (!inFlight.has(key)) socket.destroy();
    },
    closeAll() {
      for (const socket of open.values()) socket.destroy();
    },
  };
}
