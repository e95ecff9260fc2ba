/**
 * Tracks the connections of a server, so that a stop can close them: idle ones at once, the others after a grace
 * period.
 */
import type * as http from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface Connections {
  /** Returns the responses of a connection that are not finished, in the order of their requests. */
  inFlight(socket: Socket): readonly http.ServerResponse[];
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
  /** A connection that pipelines has several. */
  const inFlight = new Map<string, Set<http.ServerResponse>>();
  const keyOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    open.set(key, socket);
    // The port may be in use again before the old socket emits 'close'.
    socket.once('close', () => open.get(key) === socket && open.delete(key));
  });
  const onRequest = ({ socket }: http.IncomingMessage, response: http.ServerResponse) => {
    const key = keyOf(socket);
    const responses = inFlight.get(key) ?? new Set();
    inFlight.set(key, responses.add(response));
    response.once('close', () => {
      responses.delete(response);
      // The port may be in use again, by another connection.
      if (responses.size === 0 && inFlight.get(key) === responses) inFlight.delete(key);
    });
  };
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.prependListener(event, onRequest);
  return {
    inFlight: (socket) => [...(inFlight.get(keyOf(socket)) ?? [])],
    closeIdle() {
      for (const [key, socket] of open) if (!inFlight.has(key)) socket.destroy();
    },
    closeAll() {
      for (const socket of open.values()) socket.destroy();
    },
  };
}
