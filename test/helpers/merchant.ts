/**
 * Runs a merchant's endpoint for a test. It records every request and responds as the test says. A test waits for
 * requests instead of sleeping.
 */
import type * as http from 'node:http';
import type { TestContext } from 'node:test';
import { startWebhookServer } from '../harness/webhook-server.ts';

/** One request as the merchant received it. */
export interface Received {
  readonly id: string;
  readonly attempt: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export type Answer = (request: Received, response: http.ServerResponse) => void;

export interface Merchant {
  readonly url: string;
  /** All requests, in order of arrival. */
  readonly received: readonly Received[];
  /** Resolves when `count` requests have arrived in all. After 20 s it rejects, with the requests that arrived. */
  waitFor(count: number): Promise<readonly Received[]>;
  /** Sets the response to every later request. */
  answerWith(answer: Answer): void;
  /** Closes the server and its connections; safe to call twice. */
  close(): Promise<void>;
}

const DEADLINE_MS = 60_000;

/** Responds with the status, the headers and the body. */
export function status(code: number, headers: http.OutgoingHttpHeaders = {}, body = ''): Answer {
  return (_request, response) => void response.writeHead(code, headers).end(body);
}

/** Starts a merchant that responds 204 until `answerWith`. It is closed after the test. */
export async function startMerchant(t: TestContext): Promise<Merchant> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let answer = status(204);
  const { url, close } = await startWebhookServer(({ headers }, body, response) => {
    const id = String(headers['webhook-id']);
    const one = { id, attempt: Number(headers['webhook-attempt']), headers, body: body.toString() };
    received.push(one);
    for (const check of waiting) check();
    answer(one, response);
  });
  t.after(close);
  return {
    url: `${url}/webhook`,
    received,
    close,
    answerWith(next) {
      answer = next;
    },
    waitFor(count) {
      const { promise, resolve, reject } = Promise.withResolvers<readonly Received[]>();
      const deadline = AbortSignal.timeout(DEADLINE_MS);
      deadline.onabort = () => {
        waiting.delete(check);
        const arrived = JSON.stringify(received.map(({ id, attempt }) => [id, attempt]));
        reject(new Error(`${count} requests expected, got ${arrived}`));
      };
      const check = () => {
        if (received.length < count) return;
        waiting.delete(check);
        deadline.onabort = null;
        resolve(received);
      };
      waiting.add(check);
      check();
      return promise;
    },
  };
}
