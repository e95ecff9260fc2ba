/**
 * A merchant's endpoint for tests: a real HTTP server that keeps what it got and answers as the test says. Requests are
 * waited for, never slept for.
 */
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** One request as the merchant got it. */
export interface Received {
  readonly id: string;
  readonly attempt: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export type Answer = (request: Received, response: http.ServerResponse) => void;

export interface Merchant {
  readonly url: string;
  /** Everything that has come, in order. */
  readonly received: readonly Received[];
  /** Resolves when `count` requests have come in all; rejects after a deadline with what came instead. */
  waitFor(count: number): Promise<readonly Received[]>;
  /** Answers from now on. */
  answerWith(answer: Answer): void;
  /** Ends the server and its connections; safe to call twice. */
  close(): Promise<void>;
}

const DEADLINE_MS = 20_000;

/** Answers with the status, nothing else. */
export function status(code: number, headers: http.OutgoingHttpHeaders = {}, body = ''): Answer {
  return (_request, response) => void response.writeHead(code, headers).end(body);
}

/** A merchant that answers 204 until told otherwise; closed after the test. */
export async function startMerchant(t: TestContext): Promise<Merchant> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let answer = status(204);
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const id = String(request.headers['webhook-id']);
      const attempt = Number(request.headers['webhook-attempt']);
      const one = { id, attempt, headers: request.headers, body: Buffer.concat(chunks).toString() };
      received.push(one);
      for (const look of waiting) look();
      answer(one, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  t.after(close);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    received,
    close,
    answerWith(next) {
      answer = next;
    },
    waitFor(count) {
      const { promise, resolve, reject } = Promise.withResolvers<readonly Received[]>();
      const deadline = AbortSignal.timeout(DEADLINE_MS);
      deadline.onabort = () => {
        waiting.delete(look);
        const came = JSON.stringify(received.map(({ id, attempt }) => [id, attempt]));
        reject(new Error(`${count} requests expected, got ${came}`));
      };
      const look = () => {
        if (received.length < count) return;
        waiting.delete(look);
        deadline.onabort = null;
        resolve(received);
      };
      waiting.add(look);
      look();
      return promise;
    },
  };
}
