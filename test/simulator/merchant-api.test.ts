/**
 * The Merchant API of the fake Resurs over real HTTP, through the client that the receiver uses and, where that leaves
 * something out, through raw calls.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createMapiAccount } from '../../src/accounts/mapi-account.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { paymentOfMapi } from '../../src/payments/mapi-payment.ts';
import { MAPI_CUSTOMER } from '../../src/simulator/api/mapi/payment-json.ts';
import type { InjectedFault, Quirks } from '../../src/simulator/api/quirks.ts';
import type { FakeResurs } from '../../src/simulator/fake-resurs.ts';
import { authorization, management, type PlannedMapiCallback } from '../../src/simulator/mapi/callbacks.ts';
import { uuidFrom } from '../../src/simulator/mapi/ids.ts';
import { injectFaultFor } from '../helpers/resurs.ts';
import { setUpFakeResurs } from './fake-resurs.ts';
import { OK, startReceiver } from './receiver.ts';

const PAYMENT = { paymentId: uuidFrom('payment'), orderReference: 'order-1' };
const LIMITS = { timeoutMs: 5_000, signal: new AbortController().signal };
const CREATED = '2026-11-20T12:00:00.123456789Z';

function decided(status: string): PlannedMapiCallback {
  return authorization(PAYMENT, { status, created: CREATED });
}

function acted(action: string, units: bigint | null = null): PlannedMapiCallback {
  const amount = units === null ? null : { units, scale: 0 };
  return management(PAYMENT, { action, actionId: uuidFrom(action, `${units}`), created: CREATED }, { amount });
}

function clientOf(t: TestContext, { mapiUrl, mapiClient }: FakeResurs, scope = 'merchant-api') {
  const account = createMapiAccount(
    {
      MAPI_URL: mapiUrl,
      MAPI_CLIENT_ID: mapiClient.clientId,
      MAPI_CLIENT_SECRET: mapiClient.clientSecret,
      MAPI_SCOPE: scope,
      RESURS_ENVIRONMENT: 'production',
      HTTP_PROXY: null,
      HTTPS_PROXY: null,
      NO_PROXY: [],
    },
    systemClock,
  );
  assert.ok(account !== null);
  t.after(() => account.close());
  return account.client(60_000);
}

async function setup(t: TestContext, quirks: Partial<Quirks> = {}) {
  const resurs = await setUpFakeResurs(t, { quirks });
  return { resurs, client: clientOf(t, resurs) };
}

async function rawPayment({ mapiUrl, mapiClient }: FakeResurs): Promise<string> {
  const form = new URLSearchParams({
    client_id: mapiClient.clientId,
    client_secret: mapiClient.clientSecret,
    scope: 'merchant-api',
    grant_type: 'client_credentials',
  });
  const granted = await fetch(`${mapiUrl}/oauth2/token`, { method: 'POST', body: form });
  const { access_token } = (await granted.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };
  return (await fetch(`${mapiUrl}/v2/payments/${PAYMENT.paymentId}`, { headers })).text();
}

for (const { life, state, amounts } of [
  { life: [decided('AUTHORIZED')], state: 'authorized', amounts: [300, 300, 0, 0, 0] },
  { life: [decided('FROZEN')], state: 'frozen', amounts: [300, 300, 0, 0, 0] },
  { life: [decided('FROZEN'), decided('AUTHORIZED')], state: 'authorized', amounts: [300, 300, 0, 0, 0] },
  { life: [decided('INSPECTION')], state: 'inspection', amounts: [300, 300, 0, 0, 0] },
  { life: [decided('CREDIT_APPROVED')], state: 'pending', amounts: [300, 300, 0, 0, 0] },
  { life: [decided('REJECTED')], state: 'rejected', amounts: [300, 0, 0, 0, 0] },
  { life: [decided('CAPTURED')], state: 'captured', amounts: [300, 0, 300, 0, 0] },
  { life: [acted('CAPTURE', 100n)], state: 'partially_captured', amounts: [300, 200, 100, 0, 0] },
  { life: [acted('CAPTURE', 100n), acted('CAPTURE')], state: 'captured', amounts: [300, 0, 300, 0, 0] },
  { life: [acted('CAPTURE', 100n), acted('CANCEL')], state: 'captured', amounts: [300, 0, 100, 0, 200] },
  { life: [acted('CAPTURE'), acted('REFUND', 50n)], state: 'partially_refunded', amounts: [300, 0, 300, 50, 0] },
  { life: [acted('CAPTURE'), acted('REFUND')], state: 'refunded', amounts: [300, 0, 300, 300, 0] },
  { life: [acted('CANCEL')], state: 'annulled', amounts: [300, 0, 0, 0, 300] },
  { life: [acted('MODIFY_ORDER', 25n)], state: 'authorized', amounts: [325, 325, 0, 0, 0] },
  {
    life: [acted('CAPTURE', 100n), acted('CAPTURE', 100n)],
    state: 'partially_captured',
    amounts: [300, 200, 100, 0, 0],
  },
]) {
  test(`after ${life.map(({ result, amount }) => `${result} ${amount?.units ?? ''}`.trim()).join(', ')} a payment is ${state}`, async (t) => {
    const { resurs, client } = await setup(t);
    for (const callback of life) resurs.applyMapi(callback);

    const result = await client.payment(PAYMENT.paymentId.toUpperCase(), LIMITS);

    assert.ok(result.outcome === 'found');
    const payment = paymentOfMapi(result.payment, new Date());
    const { total, authorized, captured, refunded, annulled } = payment.amounts ?? {};
    assert.equal(payment.state, state);
    assert.deepEqual([total, authorized, captured, refunded, annulled].map(Number), amounts);
    assert.equal(payment.orderReference, 'order-1');
  });
}

test('a payment has a customer, of whom the client passes nothing on, and the actions of its callbacks', async (t) => {
  const { resurs, client } = await setup(t);
  resurs.applyMapi(decided('AUTHORIZED'));
  resurs.applyMapi(acted('CAPTURE'));

  const raw = JSON.parse(await rawPayment(resurs));
  const read = await client.payment(PAYMENT.paymentId, LIMITS);

  assert.deepEqual(raw.customer, MAPI_CUSTOMER);
  assert.deepEqual(
    raw.order.actionLog.map(({ type, actionId }: { type: string; actionId: string }) => [type, actionId]),
    [
      ['CREATE', uuidFrom(PAYMENT.paymentId, 'CREATE')],
      ['CAPTURE', uuidFrom('CAPTURE', 'null')],
    ],
  );
  const passedOn = JSON.stringify(read, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  for (const text of [MAPI_CUSTOMER.governmentId, MAPI_CUSTOMER.email, 'Kundsson', 'Kundgatan']) {
    assert.ok(!passedOn.includes(text), text);
  }
});

test('a payment is found by its order reference, in the store of the client alone', async (t) => {
  const { resurs, client } = await setup(t);
  resurs.applyMapi(decided('AUTHORIZED'));

  const stores = await client.stores(LIMITS);
  const search = (storeId: string, orderReference: string) => client.search({ storeId, orderReference }, LIMITS);
  const found = await search(resurs.storeId, 'order-1');
  const none = await search(resurs.storeId, 'order-2');
  const elsewhere = await search(uuidFrom('another store'), 'order-1');

  assert.deepEqual(stores, { outcome: 'done', value: [resurs.storeId] });
  assert.ok(found.outcome === 'done' && none.outcome === 'done' && elsewhere.outcome === 'failed');
  assert.deepEqual([found.value.map(({ id }) => id), none.value], [[PAYMENT.paymentId], []]);
  assert.deepEqual([elsewhere.failure.status, elsewhere.failure.code], [403, 'FORBIDDEN']);
});

test('what a stranger sends does not happen, and a payment of which nothing was reported is unknown', async (t) => {
  const { resurs, client } = await setup(t);
  for (const fault of ['wrong_token', 'malformed', 'unheard_of'] as const) {
    resurs.applyMapi({ ...decided('AUTHORIZED'), fault });
  }

  assert.deepEqual(await client.payment(PAYMENT.paymentId, LIMITS), { outcome: 'unknown' });
});

test('a payment may be unknown for a while', async (t) => {
  const { resurs, client } = await setup(t, { unknownReads: 2 });
  resurs.applyMapi(decided('AUTHORIZED'));

  const outcomes = [];
  for (const _ of [1, 2, 3]) outcomes.push((await client.payment(PAYMENT.paymentId, LIMITS)).outcome);

  assert.deepEqual(outcomes, ['unknown', 'unknown', 'found']);
});

test('a token needs the right client and scope, and ends after its time', async (t) => {
  let now = 0;
  const resurs = await setUpFakeResurs(t, { clock: { now: () => now }, quirks: { tokenSeconds: 10 } });
  resurs.applyMapi(decided('AUTHORIZED'));
  const client = clientOf(t, resurs);
  const wrongClient = { ...resurs, mapiClient: { ...resurs.mapiClient, clientSecret: 'wrong' } };

  const stranger = await clientOf(t, wrongClient).stores(LIMITS);
  const wrongScope = await clientOf(t, resurs, 'checkout-plus-api').stores(LIMITS);
  await client.stores(LIMITS);
  now = 10_000;
  const afterwards = await client.stores(LIMITS);

  assert.ok(stranger.outcome === 'failed' && wrongScope.outcome === 'failed');
  assert.deepEqual([stranger.failure.kind, stranger.failure.status], ['credentials', 401]);
  assert.deepEqual([wrongScope.failure.code, wrongScope.failure.status], ['invalid_scope', 400]);
  assert.equal(afterwards.outcome, 'done');
  const last = resurs.calls.slice(-4).map(({ operation, status }) => `${operation} ${status}`);
  assert.deepEqual(last, ['stores 200', 'stores 401', 'token 200', 'stores 200']);
});

for (const { fault, kind, status } of [
  { fault: 'server_error', kind: 'refused', status: 500 },
  { fault: 'html', kind: 'refused', status: 503 },
  { fault: 'login_page', kind: 'not_understood', status: 200 },
  { fault: 'limited', kind: 'limited', status: 429 },
  { fault: 'half_body', kind: 'not_understood', status: 200 },
  { fault: 'reset', kind: 'unreachable', status: null },
  { fault: 'answer_lost', kind: 'unreachable', status: null },
] as const satisfies readonly { fault: InjectedFault; kind: string; status: number | null }[]) {
  test(`${fault} is what the client sees of a payment`, async (t) => {
    const { resurs, client } = await setup(t, { faultOf: injectFaultFor(fault, { operation: 'payment' }) });
    resurs.applyMapi(decided('AUTHORIZED'));

    const result = await client.payment(PAYMENT.paymentId, LIMITS);

    assert.ok(result.outcome === 'failed');
    assert.deepEqual([result.failure.kind, result.failure.status], [kind, status]);
    if (fault === 'limited') assert.equal(result.failure.waitMs, 1_000);
  });
}

test('a slow response comes whole, and a token that was refused is ended', async (t) => {
  const { resurs, client } = await setup(t, { slowMs: 20, faultOf: ({ number }) => (number === 1 ? 'slow' : 'none') });
  resurs.applyMapi(decided('AUTHORIZED'));

  const slow = await client.payment(PAYMENT.paymentId, LIMITS);
  resurs.setQuirks({ faultOf: injectFaultFor('unauthorised', { operation: 'payment', number: 2 }) });
  const renewed = await client.payment(PAYMENT.paymentId, LIMITS);

  assert.deepEqual([slow.outcome, renewed.outcome], ['found', 'found']);
  assert.equal(resurs.calls.filter(({ operation }) => operation === 'token').length, 2);
});

test("a test callback is a POST to the URL, and Resurs' word tells what became of it", async (t) => {
  const { resurs, client } = await setup(t);
  const receiver = await startReceiver(t, ({ url }) => (url.pathname === '/no' ? { status: 401, phrase: 'No' } : OK));
  const words = [];
  for (const url of [`${receiver.origin}/yes`, `${receiver.origin}/no`, 'ftp://a.example', 'http://127.0.0.1:1/']) {
    words.push(await client.testCallback(url, LIMITS));
  }
  resurs.setQuirks({ testCallbackStatus: 'RATE_LIMITED' });
  words.push(await client.testCallback(`${receiver.origin}/yes`, LIMITS));

  assert.deepEqual(
    words.map((word) => (word.outcome === 'done' ? [word.value.status, word.value.code] : word.failure)),
    [
      ['OK', 204],
      ['FAILED', 401],
      ['INVALID_URL', null],
      ['ERROR', null],
      ['RATE_LIMITED', null],
    ],
  );
  assert.deepEqual(
    receiver.requests.map(({ method, body }) => [method, body]),
    [
      ['POST', ''],
      ['POST', ''],
    ],
  );
});
