/**
 * Orders of the Merchant API that the shop registers: what `PUT /orders/{reference}` takes in its body, what it keeps,
 * and when Resurs is to be asked. A request without a body stays what it was. Real service and database.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createRetention } from '../../src/events/retention.ts';
import { storeMapiEvent } from '../helpers/mapi-events.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const PAYMENT = '0A1B2C3D-0000-4000-8000-000000000001';
const JSON_BODY = { 'content-type': 'application/json; charset=utf-8' };
const MINUTE_MS = 60_000;

async function put(receiver: TestService, reference: string, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await requestStatusApi(receiver, 'PUT', `/orders/${reference}`, { headers: JSON_BODY, body: text });
  return { status: response.status, json: JSON.parse(response.body) };
}

async function setup(t: TestContext) {
  const receiver = await startTestService(t, { env: { RECONCILE_GRACE_MINUTES: '45' } });
  const rows = () =>
    receiver.query<{
      payment_id: string;
      due_at: Date | null;
      payment_reference: string | null;
      provider: string | null;
    }>('select payment_id, provider, payment_reference, due_at from orders order by 1');
  return { receiver, rows };
}

test('an order of the Merchant API is registered with its payment, and is due after the grace', async (t) => {
  const { receiver, rows } = await setup(t);
  const before = Date.now();

  const first = await put(receiver, 'order-1', { provider: 'resurs-mapi' });
  const again = await put(receiver, 'order-1', { provider: 'resurs-mapi', paymentId: PAYMENT });
  const third = await put(receiver, 'order-1', { provider: 'resurs-mapi' });
  const bare = await requestStatusApi(receiver, 'PUT', '/orders/order-1');
  const shown = await requestStatusApi(receiver, 'GET', '/orders/order-1');

  const { registeredAt } = first.json;
  const order = { orderReference: 'order-1', provider: 'resurs-mapi', paymentId: PAYMENT.toLowerCase(), registeredAt };
  assert.deepEqual([first.status, first.json], [201, { ...order, paymentId: null }]);
  assert.deepEqual([again.status, again.json], [200, order]);
  assert.deepEqual([third.status, third.json], [200, order], 'the payment stays');
  assert.deepEqual([bare.status, JSON.parse(bare.body)], [200, order], 'and so does all of it without a body');
  assert.deepEqual([shown.status, JSON.parse(shown.body)], [200, order]);
  const [row] = await rows();
  const dueInMs = (row?.due_at?.getTime() ?? 0) - before;
  assert.ok(dueInMs >= 45 * MINUTE_MS && dueInMs < 46 * MINUTE_MS, `due in ${dueInMs} ms`);
});

test('an order without a body, or with one that is not JSON, is registered and never due', async (t) => {
  const { receiver, rows } = await setup(t);

  for (const [type, body] of [
    ['application/json', ''],
    ['application/json;;', ''],
    ['text/plain', '{"provider": 7}'],
    ['application/x-www-form-urlencoded', 'provider=resurs-mapi'],
    ['nonsense', '{'],
  ] as const) {
    const headers = { 'content-type': type };
    const { status } = await requestStatusApi(receiver, 'PUT', '/orders/p1', { headers, body });
    await requestStatusApi(receiver, 'DELETE', '/orders/p1');
    assert.equal(status, 201, type);
  }
  assert.equal((await put(receiver, 'p1', {})).status, 201, 'an empty object');

  assert.deepEqual(await rows(), [{ payment_id: 'p1', provider: null, payment_reference: null, due_at: null }]);
});

test('the OpenAPI document has the body, and says that it may be left out', async (t) => {
  const { receiver } = await setup(t);

  const { json } = await receiver.status('/openapi.json');

  const { paths } = json as { paths: Record<string, { put: { requestBody: { required: boolean; content: object } } }> };
  const body = paths['/orders/{paymentId}']?.put.requestBody;
  assert.equal(body?.required, false);
  assert.deepEqual(Object.keys(body?.content ?? {}), ['application/json']);
});

test('a JSON body of another shape gets 400, which names what is wrong, and nothing is stored', async (t) => {
  const { receiver, rows } = await setup(t);

  for (const [reference, body, named] of [
    ['p1', { provider: 'resurs-ecom' }, 'provider'],
    ['p1', { provider: null }, 'provider'],
    ['p1', { provider: 7 }, 'provider'],
    ['p1', { provider: 'mapi' }, 'body/provider must be equal to constant: resurs-mapi'],
    ['p1', { paymentId: PAYMENT }, 'provider'],
    ['p1', { provider: 'resurs-mapi', paymentId: '' }, 'paymentId'],
    ['p1', { provider: 'resurs-mapi', paymentId: null }, 'paymentId'],
    ['p1', { provider: 'resurs-mapi', paymentId: 'a/b' }, 'paymentId'],
    ['p1', { provider: 'resurs-mapi', paymentId: 'a'.repeat(65) }, 'paymentId'],
    ['p1', { provider: 'resurs-mapi', customer: 'x' }, 'body'],
    ['p1', [], 'body'],
    ['p1', 'null', 'body'],
    ['p1', '"resurs-mapi"', 'body'],
    ['p1', '{"provider"', ''],
    ['a%2Fb', { provider: 'resurs-mapi' }, 'paymentId'],
    ['a'.repeat(37), { provider: 'resurs-mapi' }, 'paymentId'],
  ] as const) {
    const { status, json } = await put(receiver, reference, body);

    assert.deepEqual([status, json.error.code], [400, 'bad_request'], JSON.stringify(body));
    assert.ok(json.error.message.includes(named), json.error.message);
  }
  assert.deepEqual(await rows(), []);
});

test('an old order of the Merchant API is pruned once no event of its payment or its reference is stored', async (t) => {
  const { db, url, query } = await createTestOutbox(t);
  await query(
    `insert into orders (payment_id, registered_at, provider, payment_reference)
     select reference, now() - interval '500 days', provider, payment
     from (values ('by-reference', 'resurs-mapi', null), ('by-payment', 'resurs-mapi', $1), ('bare', null, null),
                  ('unused', 'resurs-mapi', 'no-such'), ('unused-2', null, null)) v (reference, provider, payment)`,
    [PAYMENT.toLowerCase()],
  );
  const created = '2026-11-20T12:00:00Z';
  await storeMapiEvent({ databaseUrl: url }, { paymentId: PAYMENT, status: 'AUTHORIZED', created });
  for (const orderReference of ['by-reference', 'bare']) {
    const paymentId = `${orderReference}-1`;
    await storeMapiEvent({ databaseUrl: url }, { paymentId, status: 'FROZEN', created }, { orderReference });
  }

  const { orders } = await createRetention(db, 400).pruneBatch();

  const kept = await query<{ payment_id: string }>('select payment_id from orders order by 1');
  assert.equal(orders, 2);
  assert.deepEqual(
    kept.map((row) => row.payment_id),
    ['bare', 'by-payment', 'by-reference'],
  );
});
