/** The receiver's `GET /payments/{id}/now`, as far as a shop sees it: answers that the test chooses, on a real server. */
import type { TestContext } from 'node:test';
import { startWebhookServer } from '../harness/webhook-server.ts';

/** The states of `order` in its answers. */
export type NowState = 'on_hold' | 'may_ship' | 'paid' | 'cancelled' | 'refunded';
/** A state is answered 200; a number is the status of an error; `unknown` is a state that is not certain. */
export type NowAnswer = NowState | 'unknown' | 404 | 429 | 503;

export interface ReceiverNow {
  readonly url: string;
  readonly token: string;
  /** The payments that were asked for, in order. */
  readonly asked: readonly string[];
}

const TOKEN = 'the status token of the receiver';

/** Starts it; `answerOf` is called for each request with the right token. */
export async function startReceiverNow(
  t: TestContext,
  answerOf: (paymentId: string, times: number) => NowAnswer,
): Promise<ReceiverNow> {
  const asked: string[] = [];
  const server = await startWebhookServer((request, _body, response) => {
    const [, id] = /^\/payments\/([^/]+)\/now$/.exec(request.url ?? '') ?? [];
    const isAllowed = request.headers.authorization === `Bearer ${TOKEN}`;
    if (request.method !== 'GET' || id === undefined) return void response.writeHead(400).end();
    if (!isAllowed) return void response.writeHead(401).end();
    const paymentId = decodeURIComponent(id);
    asked.push(paymentId);
    const answer = answerOf(paymentId, asked.filter((one) => one === paymentId).length);
    const isError = typeof answer === 'number';
    const body = isError ? { error: { code: 'resurs', message: 'not now' } } : bodyOf(paymentId, answer);
    response.writeHead(isError ? answer : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  t.after(() => server.close());
  return { url: server.url, token: TOKEN, asked };
}

function bodyOf(paymentId: string, state: NowState | 'unknown'): unknown {
  const order =
    state === 'unknown'
      ? { state: 'on_hold', certain: false, earlier: [] }
      : { state, certain: true, earlier: ['booked', 'updated'] };
  const payment = { readAt: '2026-11-20T12:00:00.000Z', state: 'unknown', frozen: false, statuses: [] };
  return { paymentId, payment, order };
}
