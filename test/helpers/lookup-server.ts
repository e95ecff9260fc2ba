/**
 * A shop that is asked whether it knows an order: a real HTTP server that keeps what it was asked, answers as the test says
 * and counts the connections that are made to it.
 */
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** One question as the shop got it. */
export interface Question {
  readonly method: string;
  /** Path and query as they came, escapes included. */
  readonly target: string;
  readonly authorization: string | undefined;
}

export type Reply = (question: Question, response: http.ServerResponse) => void;

export interface Shop {
  readonly origin: string;
  /** ORDER_LOOKUP_URL. */
  readonly lookupUrl: string;
  /** Everything that was asked, in order. */
  readonly asked: readonly Question[];
  /** Connections since the start, and the most of them that were open at a time. */
  connections(): { readonly made: number; readonly most: number };
  /** Answers from now on. */
  replyWith(reply: Reply): void;
}

/** Answers with the status and an empty body. */
export function reply(status: number, headers: http.OutgoingHttpHeaders = {}): Reply {
  return (_question, response) => void response.writeHead(status, headers).end();
}

/** Answers nothing and leaves the connection open. */
export const hang: Reply = () => undefined;

/** A shop that knows no order until told otherwise; closed after the test. */
export async function startShop(t: TestContext): Promise<Shop> {
  const asked: Question[] = [];
  const open = new Set<Socket>();
  let current = reply(404);
  let made = 0;
  let most = 0;
  const server = http.createServer((request, response) => {
    const { method = '', url: target = '', headers } = request;
    const question = { method, target, authorization: headers.authorization };
    asked.push(question);
    current(question, response);
  });
  server.on('connection', (socket) => {
    made += 1;
    open.add(socket);
    most = Math.max(most, open.size);
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    lookupUrl: `${origin}/orders/{paymentId}?from=resurs`,
    asked,
    connections: () => ({ made, most }),
    replyWith(next) {
      current = next;
    },
  };
}
