/**
 * Tracks the connections of a server, so that a stop can close them: idle ones at once, the others after a grace
 * period.
 */
import type * as http from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface Connections {
  /** Closes the connections without a request in flight; Node's own function leaves out those that were never used. */
  closeIdle(): void;
  /** Closes all connections, also those with a request in flight. */
  closeAll(): void;
}

/**
 * Tracks connections by the peer's address and port, which are the same for a TCP socket and the TLS socket over it.
 */
export function trackConnections({ server }: FastifyInstance): Connections {
  const open = new Map<string, Socket>();
  /** Number of requests in flight; a connection that pipelines has several. */
  const inFlight = new Map<string, number>();
  const keyOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    open.set(key, socket);
    // The port may be in use again before the old socket emits 'close'.
    socket.once('close', () => open.get(key) === socket && open.delete(key));
  });
  const onRequest = ({ socket }: http.IncomingMessage, response: http.ServerResponse) => {
    const key = keyOf(socket);
    inFlight.set(key, (inFlight.get(key) ?? 0) + 1);
    response.once('close', () => {
      const remaining = (inFlight.get(key) ?? 1) - 1;
      if (remaining > 0) inFlight.set(key, remaining);
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
