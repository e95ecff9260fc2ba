/**
 * Without a token the payment is read with the shop's credentials before anything is written: found, it is stored with
 * its order; unknown, it is asked for again before that is believed. Real HTTP and Postgres, and a Merchant API.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { respondJson } from '../../harness/merchant-api.ts';
import { countRows, NO_ROWS, storedEvents } from '../../helpers/database-state.ts';
import {
  application,
  assertMapiResponse,
  authorization,
  MAPI_PATH,
  management,
  mapiTarget,
  post,
  putMockError,
  startConfirmingReceiver,
} from '../../helpers/mapi.ts';
import { startTestService } from '../../helpers/service.ts';

const OK = { status: 204, reason: 'OK' };
const NOT_OURS = { status: 410, reason: 'Order is not ours.' };
const path = (rest = '') => mapiTarget(rest, null);

function orderReferences(receiver: Parameters<typeof countRows>[0]) {
  return receiver.query<{ order_reference: string | null }>('select order_reference from events order by sequence');
}

test('a payment that the account can read is stored, with the reference of its order', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  const [held, bare] = [randomUUID(), randomUUID()];
  api.hold(held.toUpperCase());
  api.hold(bare, { order: null });

  const responses = [
    await post(receiver, path('/authorization?order=of-the-url'), authorization(held)),
    await post(receiver, path('/authorization?order=of-the-url'), authorization(bare)),
    await post(receiver, path('/management'), management(bare.toUpperCase(), 'CAPTURE')),
  ];

  assert.deepEqual(
    responses.map(({ status }) => status),
    [204, 204, 204],
  );
  const references = (await orderReferences(receiver)).map(({ order_reference }) => order_reference);
  assert.deepEqual(references, [`order-${held.slice(0, 8).toUpperCase()}`, 'of-the-url', null]);
  const [event] = await storedEvents(receiver);
  assert.deepEqual(event?.verified, {
    digest: false,
    result: false,
    basicAuth: false,
    source: false,
    token: false,
    api: true,
  });
  assert.equal(api.count('/v2/payments/'), 3, 'only the payment without an order is read again');
});

test('a payment that was found without its order is asked for again, and stays found without Resurs', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  const id = randomUUID();
  const sendStatus = (status: string) => post(receiver, path(), authorization(id, status));
  api.hold(id, { status: 'INSPECTION', order: null });

  const responses = [await sendStatus('INSPECTION')];
  api.override('/v2/payments/', (_request, response) => respondJson(response, 500, {}));
  responses.push(await sendStatus('FROZEN'));
  api.override('/v2/payments/', null);
  api.hold(id);
  responses.push(await sendStatus('AUTHORIZED'), await sendStatus('CAPTURED'));

  for (const response of responses) assertMapiResponse(response, { ...OK, actual: 'AUTHORIZATION' });
  const reference = `order-${id.slice(0, 8)}`;
  const references = (await orderReferences(receiver)).map(({ order_reference }) => order_reference);
  assert.deepEqual(references, [null, null, reference, reference]);
  assert.equal(api.count('/v2/payments/'), 3);
});

test('a payment that the account does not know gets 410 after it was asked for again, and leaves no row', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t, {
    env: { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'SHOP-.*' },
  });
  const [unknown, foreign] = [randomUUID(), randomUUID()];
  api.override(`/v2/payments/${foreign}`, (_request, response) => respondJson(response, 403, { code: 'FORBIDDEN' }));

  const [response, ofStore] = await Promise.all([
    post(receiver, path('/authorization?order=OTHER-1'), authorization(unknown)),
    post(receiver, path(), authorization(foreign)),
  ]);

  assertMapiResponse(response, { ...NOT_OURS, actual: 'AUTHORIZATION' });
  assertMapiResponse(ofStore, { ...NOT_OURS, actual: 'AUTHORIZATION' });
  assert.ok(api.count(`/v2/payments/${unknown}`) >= 2);
  assert.deepEqual(await countRows(receiver), NO_ROWS);
  assert.deepEqual(await receiver.query('select 1 from rejections'), []);
});

test('a payment that becomes known while it is asked for is stored', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  const id = randomUUID();
  api.override(`/v2/payments/${id}`, (_request, response) => {
    api.override(`/v2/payments/${id}`, null);
    api.hold(id);
    respondJson(response, 404, { code: 'PAYMENT_NOT_FOUND' });
  });

  const response = await post(receiver, path(), authorization(id));

  assertMapiResponse(response, { ...OK, actual: 'AUTHORIZATION' });
  assert.equal(api.count(`/v2/payments/${id}`), 2);
});

test('an unknown payment gets 202 where such callbacks are accepted, and 410 before within the grace', async (t) => {
  const accepts = { ACCEPT_REJECTED_CALLBACKS: 'true' };
  const { receiver, account } = await startConfirmingReceiver(t, { env: accepts });
  const patient = await startTestService(t, { env: { ...account, ...accepts, REJECTION_GRACE_MINUTES: '1' } });
  const id = randomUUID();

  const [accepted, first] = await Promise.all([
    post(receiver, path(), authorization(id)),
    post(patient, path(), authorization(id)),
  ]);

  const reason = 'Order is not ours, but it is still accepted.';
  assertMapiResponse(accepted, { status: 202, reason, actual: 'AUTHORIZATION' });
  assertMapiResponse(first, { ...NOT_OURS, actual: 'AUTHORIZATION' });
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('an application, and an id that is no UUID, are refused without asking', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  const unauthorized = { status: 401, reason: 'Unauthorized.', actual: 'CREDIT_APPLICATION' };
  const malformed = { status: 400, reason: 'Malformed callback.' };

  const byUrl = await post(receiver, path('/credit-application'), 'x'.repeat(256 * 1024 + 1));
  const byWord = await post(receiver, path('?callback=credit-application'), application(randomUUID()));
  const byBody = await post(receiver, path(), application(randomUUID()));
  const noUuid = await post(receiver, path(), authorization('123456'));
  const noUuidApplication = await post(receiver, path(), application('123456'));

  for (const response of [byUrl, byWord, byBody]) assertMapiResponse(response, unauthorized);
  assertMapiResponse(noUuid, { ...malformed, actual: 'AUTHORIZATION' });
  assertMapiResponse(noUuidApplication, { ...malformed, actual: 'CREDIT_APPLICATION' });
  assert.equal(api.requests.length, 0);
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('a test is answered and counted without asking, and not stored', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);

  const response = await post(receiver, path('/authorization'));

  assertMapiResponse(response, { status: 204, reason: 'Test OK', actual: 'TEST' });
  assert.deepEqual([api.requests.length, await countRows(receiver)], [0, NO_ROWS]);
  const { json } = await receiver.status('/status');
  assert.equal((json as { callbacks: Record<string, number> }).callbacks.test_taken, 1);
});

test('only a payment that is confirmed uses up a mocked error', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t, { env: { MOCK_ERRORS: 'true' } });
  const id = randomUUID();
  api.hold(id);
  await putMockError(receiver, { code: 507, message: 'Full.', times: 1 });

  const ofTest = await post(receiver, path());
  const unknown = await post(receiver, path(), authorization(randomUUID()));
  const mocked = await post(receiver, path(), authorization(id));
  const next = await post(receiver, path(), authorization(id));

  assert.deepEqual([ofTest.status, unknown.status, mocked.status, next.status], [204, 410, 507, 204]);
});

test('the order of the URL is judged once the payment is confirmed', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t, {
    env: { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'SHOP-.*' },
  });
  const id = randomUUID();
  api.hold(id);

  const foreign = await post(receiver, path('?order=OTHER-1'), authorization(id));
  const own = await post(receiver, path('?order=SHOP-1'), authorization(id));

  assertMapiResponse(foreign, { ...NOT_OURS, actual: 'AUTHORIZATION' });
  assertMapiResponse(own, { ...OK, actual: 'AUTHORIZATION' });
});

test('with a token nothing is read, and a token in the URL means nothing where none is configured', async (t) => {
  const { api, account } = await startConfirmingReceiver(t);
  const env = { ...account, MAPI_CALLBACK_TOKEN: 'a-callback-token-of-the-tests-5Gk8' };
  const receiver = await startTestService(t, { env });
  const id = randomUUID();

  const response = await post(receiver, mapiTarget(), authorization(id));

  assertMapiResponse(response, { ...OK, actual: 'AUTHORIZATION' });
  assert.equal(api.requests.length, 0);
});

test('with neither token nor account, payments are taken unproven and applications are refused', async (t) => {
  const env = { MAPI_CALLBACK_PATHS: MAPI_PATH, ALLOW_UNAUTHENTICATED: 'true' };
  const receiver = await startTestService(t, { env });

  const payment = await post(receiver, path('?order=1'), authorization(randomUUID()));
  const ofApplication = await post(receiver, path(), application(randomUUID()));

  assertMapiResponse(payment, { ...OK, actual: 'AUTHORIZATION' });
  assertMapiResponse(ofApplication, { status: 401, reason: 'Unauthorized.', actual: 'CREDIT_APPLICATION' });
  const [event] = await storedEvents(receiver);
  assert.deepEqual(Object.values(event?.verified ?? {}), [false, false, false, false, false, false]);
});

test('equal callbacks that arrive together share one read, on each replica, and leave one event', async (t) => {
  const { receiver, api, account } = await startConfirmingReceiver(t);
  const other = await startTestService(t, { env: account, databaseUrl: receiver.databaseUrl });
  const id = randomUUID();
  api.hold(id);

  const responses = await Promise.all(
    [receiver, other, receiver, other, receiver, other].map((one) => post(one, path(), authorization(id))),
  );

  for (const response of responses) assertMapiResponse(response, { ...OK, actual: 'AUTHORIZATION' });
  assert.equal(api.count(`/v2/payments/${id}`), 2);
  assert.deepEqual(await countRows(receiver), { events: 1, receipts: 6, deliveries: 1, identities: 1 });
});
