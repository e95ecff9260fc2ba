/**
 * A shop's endpoint for order look-ups: a real HTTP server that keeps the requests it gets, responds as the test tells
 * it, and counts its connections.
 */

import * as http from 'node:http';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { listenForTest } from './listen.ts';

/** One request as the server received it. */
export interface LookupRequest {
  readonly method: string;
  /** Path and query as received, escapes included. */
  readonly target: string;
  readonly authorization: string | undefined;
}

export type LookupHandler = (request: LookupRequest, response: http.ServerResponse) => void;

export interface LookupServer {
  readonly origin: string;
  /** ORDER_LOOKUP_URL. */
  readonly lookupUrl: string;
  /** All requests so far, in order. */
  readonly requests: readonly LookupRequest[];
  /** Connections opened since the start, and the most that were open at a time. */
  connections(): { readonly opened: number; readonly peak: number };
  /** Sets how requests are handled from now on. */
  setHandler(handler: LookupHandler): void;
}

/** Returns a handler that responds with the status and an empty body. */
export function respondWith(status: number, headers: http.OutgoingHttpHeaders = {}): LookupHandler {
  return (_request, response) => void response.writeHead(status, headers).end();
}

/** Sends no response and leaves the connection open. */
export const hang: LookupHandler = () => undefined;

/** Starts a server that knows no order until the test sets another handler. It is closed after the test. */
export async function startLookupServer(t: TestContext): Promise<LookupServer> {
  const requests: LookupRequest[] = [];
  const open = new Set<Socket>();
  let handle = respondWith(404);
  let opened = 0;
  let peak = 0;
  const server = http.createServer((request, response) => {
    const { method = '', url: target = '', headers } = request;
    const lookup = { method, target, authorization: headers.authorization };
    requests.push(lookup);
    handle(lookup, response);
  });
  server.on('connection', (socket) => {
    opened += 1;
    open.add(socket);
    peak = Math.max(peak, open.size);
    socket.on('close', () => open.delete(socket));
  });
  const { url: origin } = await listenForTest(t, server);
  return {
    origin,
    lookupUrl: `${origin}/orders/{paymentId}?from=resurs`,
    requests,
    connections: () => ({ opened, peak }),
    setHandler(next) {
      handle = next;
    },
  };
}
