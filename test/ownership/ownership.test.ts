/**
 * ORDER_OWNERSHIP=registered: only orders that the shop has registered are ours. A callback that arrives before its
 * order must be accepted on Resurs' next retry, or the shop never learns of the payment. Real HTTP, Postgres and
 * merchant.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { assertAccepted, assertResponse } from '../helpers/responses.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const NOT_OURS = { status: 410, reason: 'Order is not ours.' };
const UNUSUAL_IDS = ['a/b', 'Malmö 12', 'ö'.repeat(255), '100%', '%2F', 'a+b', '?c=#1', "o'x--", '😀'];

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const receiver = await startTestService(t, { env: { ORDER_OWNERSHIP: 'registered', ...env } });
  const sendCallback = (paymentId: string, type = 'UNFREEZE') => send(receiver.url, target(type, paymentId));
  return { receiver, sendCallback };
}

function put(receiver: TestService, paymentId: string) {
  return requestStatusApi(receiver, 'PUT', `/orders/${encodeURIComponent(paymentId)}`);
}

test('a callback for an unknown order is accepted on the retry after the shop has registered it', async (t) => {
  const merchant = await startMerchant(t);
  const { receiver, sendCallback } = await setup(t, webhookEnv(merchant.url));

  const early = await sendCallback('p1');
  const storedEarly = await countRows(receiver);
  const registered = await put(receiver, 'p1');
  const again = await put(receiver, 'p1');
  const retry = await sendCallback('p1');

  assertResponse(early, { ...NOT_OURS, actual: 'UNFREEZE' });
  assert.deepEqual(storedEarly, NO_ROWS);
  assert.deepEqual([registered.status, again.status], [201, 200]);
  const order = JSON.parse(registered.body);
  assert.deepEqual(Object.keys(order), ['paymentId', 'registeredAt']);
  assert.equal(order.paymentId, 'p1');
  assert.ok(Math.abs(Date.parse(order.registeredAt) - Date.now()) < 60_000, order.registeredAt);
  assert.deepEqual(JSON.parse(again.body), order, 'a second registration keeps the time of the first');
  assertAccepted(retry, 'UNFREEZE');
  const [request] = await merchant.waitFor(1);
  assert.equal(JSON.parse(request?.body ?? '').data.paymentId, 'p1');
});

test('an order is returned while it is registered, and after its removal callbacks get 410 again', async (t) => {
  const { receiver, sendCallback } = await setup(t);
  const unknown = await requestStatusApi(receiver, 'GET', '/orders/p1');
  const { body: registered } = await put(receiver, 'p1');

  const known = await requestStatusApi(receiver, 'GET', '/orders/p1');
  const removed = await requestStatusApi(receiver, 'DELETE', '/orders/p1');
  const removedTwice = await requestStatusApi(receiver, 'DELETE', '/orders/p1');
  const gone = await requestStatusApi(receiver, 'GET', '/orders/p1');

  assert.deepEqual([unknown.status, JSON.parse(unknown.body).error.code], [404, 'not_found']);
  assert.deepEqual([known.status, known.body], [200, registered]);
  assert.deepEqual([removed.status, removed.body, removedTwice.status], [204, '', 204]);
  assert.equal(gone.status, 404);
  assertResponse(await sendCallback('p1'), { ...NOT_OURS, actual: 'UNFREEZE' });
});

test('ids with any characters are registered percent-encoded and match their callbacks', async (t) => {
  const { receiver, sendCallback } = await setup(t);

  for (const paymentId of UNUSUAL_IDS) {
    const early = await sendCallback(paymentId);
    const registered = await put(receiver, paymentId);
    const late = await sendCallback(paymentId);
    const shown = await requestStatusApi(receiver, 'GET', `/orders/${encodeURIComponent(paymentId)}`);

    assert.deepEqual([early.status, registered.status, late.status], [410, 201, 204], paymentId);
    assert.equal(JSON.parse(registered.body).paymentId, paymentId);
    assert.equal(shown.body, registered.body);
  }
  assert.equal((await sendCallback('A/B')).status, 410, 'upper case is another order');
});

test('ids that no callback can have get 400 and are not stored', async (t) => {
  const { receiver } = await setup(t);
  const tooLong = encodeURIComponent('ö'.repeat(256));

  for (const id of ['%00', 'a%0Ab', '%7F', '%C2%85', '%E4', 'a'.repeat(256), 'a'.repeat(5_000), tooLong, '']) {
    const response = await requestStatusApi(receiver, 'PUT', `/orders/${id}`);

    assert.deepEqual([response.status, JSON.parse(response.body).error.code], [400, 'bad_request'], id.slice(0, 9));
  }
  assert.deepEqual(await receiver.query('select * from orders'), []);
});

test('of concurrent registrations exactly one is new', async (t) => {
  const { receiver } = await setup(t);

  const responses = await Promise.all(Array.from({ length: 8 }, () => put(receiver, 'p1')));

  const statuses = responses.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [...Array.from({ length: 7 }, () => 200), 201]);
  assert.equal(new Set(responses.map(({ body }) => body)).size, 1);
});

test('the content type of a request without a body does not matter', async (t) => {
  const { receiver } = await setup(t);

  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'nonsense']) {
    const headers = { 'content-type': type };
    const registered = await requestStatusApi(receiver, 'PUT', '/orders/p1', { headers, body: '' });
    const removed = await requestStatusApi(receiver, 'DELETE', '/orders/p1', { headers });

    assert.deepEqual([registered.status, removed.status], [201, 204], type);
  }
});

test('each of many concurrent callbacks gets the response for its own order', async (t) => {
  const { receiver, sendCallback } = await setup(t);
  const ids = Array.from({ length: 60 }, (_, n) => `p${n}`);
  const isOurs = (_id: string, n: number) => n % 3 === 0;
  await Promise.all(ids.filter(isOurs).map((id) => put(receiver, id)));

  const responses = await Promise.all(ids.map((id) => sendCallback(id)));

  const statuses = responses.map(({ status }) => status);
  assert.deepEqual(
    statuses,
    ids.map((id, n) => (isOurs(id, n) ? 204 : 410)),
  );
});

test('while the database is unreachable callbacks get 503, and afterwards their orders are known again', async (t) => {
  const proxy = await startDatabaseProxy(t, (await createDatabase(t)).url);
  const receiver = await startTestService(t, { databaseUrl: proxy.url, env: { ORDER_OWNERSHIP: 'registered' } });
  await put(receiver, 'ours');
  const callBoth = () => Promise.all(['ours', 'other'].map((id) => send(receiver.url, target('UNFREEZE', id))));

  await proxy.leave();
  const during = await callBoth();
  await proxy.comeBack();
  const after = await callBoth();

  for (const response of during) assertResponse(response, { status: 503, reason: 'Try again.', actual: 'UNFREEZE' });
  assert.deepEqual(
    after.map(({ status }) => status),
    [204, 410],
  );
});
