/**
 * `GET /payments/{id}/now` over real sockets: a real service and database, and a Resurs that answers as the test says.
 * Whatever Resurs or the database does, an answer comes within its bound, says why, and names no customer.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { send } from '../helpers/callbacks.ts';
import { sendCallback } from '../helpers/deliveries.ts';
import { ACCOUNT, type Responder, respondWith, respondXml, startFakeServer } from '../helpers/fake-account.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { startTestService, type TestService, type TestServiceOptions } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';
import {
  CUSTOMER_WORDS,
  faultResponse,
  paymentResponse,
  paymentXml,
  UNKNOWN_PAYMENT,
} from '../resurs/payment-responses.ts';

const WITH_ACCOUNT = { RESURS_USERNAME: ACCOUNT.username, RESURS_PASSWORD: ACCOUNT.password };

interface Answer {
  readonly status: number;
  readonly retryAfter: number | null;
  readonly json: {
    readonly paymentId: string;
    readonly payment: Readonly<Record<string, unknown>>;
    readonly order: Readonly<Record<string, unknown>>;
    readonly earlierError?: string;
    readonly error?: { readonly code: string; readonly message: string };
  };
}

async function ask(receiver: TestService, id: string): Promise<Answer> {
  const { status, headers, body } = await requestStatusApi(receiver, 'GET', `/payments/${encodeURIComponent(id)}/now`);
  assert.equal(headers['cache-control'], 'no-store');
  for (const word of CUSTOMER_WORDS) assert.ok(!body.includes(word), body);
  const { 'retry-after': wait } = headers;
  return { status, retryAfter: wait === undefined ? null : Number(wait), json: JSON.parse(body) };
}

/** A service whose Resurs answers so; afterwards nothing of the customer and no password is in its log. */
async function setup(t: TestContext, respond: Responder, options: TestServiceOptions = {}) {
  let current = respond;
  const resurs = await startFakeServer(t, (response) => current(response));
  const env = { ...WITH_ACCOUNT, RESURS_SOAP_URL: resurs.baseUrl, ...options.env };
  const receiver = await startTestService(t, { ...options, env });
  t.after(() => {
    for (const word of [...CUSTOMER_WORDS, ACCOUNT.password]) assert.ok(!receiver.logText().includes(word), word);
  });
  const answerWith = (next: Responder) => {
    current = next;
  };
  return { resurs, receiver, answerWith };
}

const booked = respondXml(200, paymentResponse(paymentXml({ statuses: ['DEBITABLE'], diffs: '' })));

test('the answer has the payment, what follows for its order, and all facts that are stored', async (t) => {
  const { receiver, resurs } = await setup(t, booked);
  const before = Date.now();
  for (const type of ['UNFREEZE', 'BOOKED', 'UPDATE', 'FINALIZATION']) await sendCallback(receiver, type, 'p-1');
  await sendCallback(receiver, 'ANNULMENT', 'p-2');

  const { status, json } = await ask(receiver, 'p-1');

  assert.equal(status, 200);
  const { readAt, ...payment } = json.payment;
  assert.deepEqual(
    { ...json, payment },
    {
      paymentId: 'p-1',
      provider: 'resurs-ecom',
      payment: {
        state: 'authorized',
        frozen: false,
        orderReference: 'p-1',
        statuses: ['DEBITABLE'],
        amounts: { total: '30.00', authorized: '30.00', captured: '0.00', refunded: '0.00', annulled: '0.00' },
        rejectedReason: null,
      },
      // What Resurs says decides, not what was reported.
      order: { state: 'may_ship', certain: true, earlier: ['unfrozen', 'booked', 'updated', 'finalized'] },
    },
  );
  assert.ok(new Date(String(readAt)).getTime() >= before && new Date(String(readAt)).getTime() <= Date.now());
  assert.equal(resurs.requests.length, 1);
  const { json: unseen } = await ask(receiver, 'P-1');
  assert.deepEqual(unseen.order, { state: 'may_ship', certain: true, earlier: [] });
});

const STATES = [
  { statuses: ['DEBITABLE'], frozen: 'true', state: 'frozen', order: 'on_hold' },
  { statuses: ['DEBITABLE', 'IS_DEBITED'], state: 'partially_captured', order: 'may_ship' },
  { statuses: ['IS_DEBITED'], state: 'captured', order: 'paid' },
  { statuses: ['IS_DEBITED', 'IS_CREDITED'], state: 'partially_refunded', order: 'paid' },
  { statuses: ['IS_DEBITED', 'IS_CREDITED'], total: '0', state: 'refunded', order: 'refunded' },
  { statuses: ['IS_ANNULLED'], total: '0', state: 'annulled', order: 'cancelled' },
  { statuses: [], state: 'unknown', order: 'on_hold', certain: false },
];

test('each state of a payment has its state of the order', async (t) => {
  const { receiver, answerWith } = await setup(t, booked);
  for (const { statuses, frozen = 'false', total = '30', state, order, certain = true } of STATES) {
    const shown = {
      statuses,
      frozen: `<frozen>${frozen}</frozen>`,
      total: `<totalAmount>${total}</totalAmount>`,
      diffs: '',
    };
    answerWith(respondXml(200, paymentResponse(paymentXml(shown))));

    const { json } = await ask(receiver, 'p-1');

    assert.deepEqual([json.payment.state, json.payment.frozen], [state, frozen === 'true']);
    assert.deepEqual(json.order, { state: order, certain, earlier: [] });
  }
});

const TROUBLES: readonly {
  name: string;
  respond: Responder;
  status: number;
  code: string;
  message: RegExp;
  wait: number | null;
}[] = [
  {
    name: 'does not know the payment',
    respond: respondXml(500, UNKNOWN_PAYMENT),
    status: 404,
    code: 'unknown_payment',
    message: /does not know this payment/,
    wait: null,
  },
  {
    name: 'never answers',
    respond: () => undefined,
    status: 503,
    code: 'resurs',
    message: /no response within 3900 ms/,
    wait: 10,
  },
  {
    name: 'refuses the account',
    respond: respondWith(401, 'text/html', '<html></html>'),
    status: 503,
    code: 'resurs',
    message: /HTTP 401: the credentials are not accepted/,
    wait: null,
  },
  {
    name: 'has an error of its own',
    respond: respondXml(500, faultResponse(3, CUSTOMER_WORDS.join(' '))),
    status: 503,
    code: 'resurs',
    message: /code 3: INTERNAL_ERROR/,
    wait: 30,
  },
  {
    name: 'is asked too often',
    respond: respondXml(500, faultResponse(24, 'x')),
    status: 503,
    code: 'resurs',
    message: /LIMIT_PER_TIME_EXCEEDED/,
    wait: 60,
  },
  {
    name: 'does not allow it',
    respond: respondXml(500, faultResponse(4, 'x')),
    status: 503,
    code: 'resurs',
    message: /NOT_ALLOWED/,
    wait: null,
  },
  {
    name: 'is in maintenance',
    respond: respondWith(503, 'text/html', `<html>${CUSTOMER_WORDS}</html>`),
    status: 503,
    code: 'resurs',
    message: /HTTP 503: refused with a web page/,
    wait: 30,
  },
  {
    name: 'shows a login page',
    respond: respondWith(200, 'text/html', '<html></html>'),
    status: 503,
    code: 'resurs',
    message: /the response is a web page/,
    wait: 30,
  },
  {
    name: 'resets the connection',
    respond: (response) => void response.destroy(),
    status: 503,
    code: 'resurs',
    message: /UND_ERR_SOCKET|ECONNRESET/,
    wait: 10,
  },
];

test('each trouble of Resurs has its answer, and says after how long another try is worth it', async (t) => {
  const { receiver, answerWith } = await setup(t, booked);
  for (const { name, respond, status, code, message, wait } of TROUBLES) {
    answerWith(respond);

    const answer = await ask(receiver, 'p-1');

    assert.deepEqual([name, answer.status, answer.json.error?.code, answer.retryAfter], [name, status, code, wait]);
    assert.match(answer.json.error?.message ?? '', message);
  }
});

test('callbacks are stored while ten readers wait for a Resurs that never answers; the eleventh gets 429', async (t) => {
  const { receiver, resurs } = await setup(t, () => undefined);
  const waiting = Array.from({ length: 10 }, (_, index) => ask(receiver, `p-${index}`));
  while (resurs.requests.length < 10) await sendCallback(receiver, 'UPDATE', `u-${resurs.requests.length}`);

  const tooMany = await ask(receiver, 'p-11');
  await sendCallback(receiver, 'UNFREEZE', 'p-1');

  assert.deepEqual([tooMany.status, tooMany.json.error?.code], [429, 'too_many_requests']);
  assert.ok(tooMany.retryAfter !== null && tooMany.retryAfter >= 1 && tooMany.retryAfter <= 60);
  assert.deepEqual(new Set((await Promise.all(waiting)).map(({ status }) => status)), new Set([503]));
  assert.equal(resurs.requests.length, 10);
});

test('without an account the answer is 503 and names the settings', async (t) => {
  const answer = await ask(await startTestService(t), 'p-1');

  assert.deepEqual([answer.status, answer.json.error?.code, answer.retryAfter], [503, 'no_account', null]);
  assert.match(answer.json.error?.message ?? '', /RESURS_USERNAME and RESURS_PASSWORD/);
});

test('what Resurs says is told while the database is away or does not answer', async (t) => {
  const proxy = await startDatabaseProxy(t, (await createDatabase(t)).url);
  const { receiver } = await setup(t, booked, { databaseUrl: proxy.url });
  await sendCallback(receiver, 'BOOKED', 'p-1');
  for (const [begin, end, reason] of [
    [async () => proxy.silence(), async () => proxy.speak(), /: no answer within 1000 ms\.$/],
    [proxy.leave, proxy.comeBack, /: ECONN[A-Z]+\.$/],
  ] as const) {
    await begin();
    const away = await ask(receiver, 'p-1');
    await end();

    assert.equal(away.status, 200);
    assert.deepEqual(away.json.order, { state: 'may_ship', certain: true, earlier: [] });
    assert.match(away.json.earlierError ?? '', reason);
    assert.ok(await waitUntil(async () => (await receiver.status('/orders/p-1')).status === 404));
  }
  const back = await ask(receiver, 'p-1');
  assert.deepEqual([back.json.earlierError, back.json.order.earlier], [undefined, ['booked']]);
});

test('an id is decoded once and sent as it is; one that no payment can have is refused', async (t) => {
  const { receiver, resurs } = await setup(t, respondXml(500, UNKNOWN_PAYMENT));

  for (const id of ['a/b?c', 'å ä%2F', '<&>"', 'now', `${'x'.repeat(255)}`])
    assert.equal((await ask(receiver, id)).status, 404);
  const bodies = resurs.requests.map(({ body }) => /<paymentId>(.*)<\/paymentId>/.exec(body)?.[1]);
  assert.deepEqual(bodies, ['a/b?c', 'å ä%2F', '&lt;&amp;&gt;&quot;', 'now', 'x'.repeat(255)]);
  assert.equal((await ask(receiver, 'x\ufffe')).status, 404);

  for (const id of ['x'.repeat(256), 'a\u0001'])
    assert.equal((await requestStatusApi(receiver, 'GET', `/payments/${encodeURIComponent(id)}/now`)).status, 400);
  assert.equal((await send(receiver.service.urls.status, '/payments/p-1/now')).status, 401);
  assert.equal((await requestStatusApi(receiver, 'POST', '/payments/p-1/now')).status, 404);
  assert.equal(resurs.requests.length, 5);
});
