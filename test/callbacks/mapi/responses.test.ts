/**
 * The responses to callbacks of the Merchant API whose URLs carry a token, row by row of the table: status, reason phrase,
 * JSON and headers. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { send } from '../../helpers/callbacks.ts';
import { countRows, lockTables, NO_ROWS, storedEvents } from '../../helpers/database-state.ts';
import {
  application,
  assertMapiResponse,
  authorization,
  MAPI_PATH,
  MAPI_TOKEN,
  management,
  mapiTarget,
  post,
  putMockError,
  WITH_TOKEN,
} from '../../helpers/mapi.ts';
import { openRequest } from '../../helpers/partial-request.ts';
import { assertResponseHeaders } from '../../helpers/responses.ts';
import { startTestService } from '../../helpers/service.ts';

const OK = { status: 204, reason: 'OK' };
const UNAUTHORIZED = { status: 401, reason: 'Unauthorized.' };
const MALFORMED = { status: 400, reason: 'Malformed callback.' };
const WRONG_METHOD = { status: 405, reason: 'Method not allowed.' };
const HUGE = Buffer.alloc(256 * 1024 + 1, ' ');

test('a source that is not allowed gets 403 before any other check', async (t) => {
  const receiver = await startTestService(t, { env: { ...WITH_TOKEN, ALLOWED_SOURCES: '192.0.2.1' } });
  const targets = [mapiTarget('/authorization'), mapiTarget('/authorization', null), mapiTarget('/no/such/path')];

  const responses = await Promise.all(targets.map((target) => post(receiver, target, HUGE)));

  for (const response of responses) assertMapiResponse(response, { status: 403, reason: 'Source not allowed.' });
});

test('a token that is missing, wrong or given twice gets 401 before the body is read, without Basic', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const targets = [
    mapiTarget('/authorization', null),
    mapiTarget('/authorization', ''),
    mapiTarget('/authorization', MAPI_TOKEN.toUpperCase()),
    mapiTarget('/authorization', `${MAPI_TOKEN}&token=another`),
    mapiTarget('/authorization', `${MAPI_TOKEN}&TOKEN=`),
    mapiTarget('/authorization?order=%00'),
  ];

  const partial = openRequest(t, {
    url: receiver.url,
    target: mapiTarget('/authorization', 'wrong'),
    headers: { 'content-length': 100, expect: '100-continue' },
  });
  const responses = await Promise.all(targets.slice(0, -1).map((target) => post(receiver, target, HUGE)));

  for (const response of [...responses, await partial.response]) {
    assertMapiResponse(response, { ...UNAUTHORIZED, actual: 'AUTHORIZATION' });
  }
  assert.equal(partial.isContinued(), false);
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('Basic credentials are asked of eCom alone', async (t) => {
  const basic = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'a-password-of-the-tests' };
  const receiver = await startTestService(t, { env: { ...WITH_TOKEN, ...basic } });

  const mapi = await post(receiver, mapiTarget('/authorization'), authorization(randomUUID()));
  const ecom = await send(receiver.url, '/callbacks/resurs?c=UNFREEZE&p=1');

  assertMapiResponse(mapi, { ...OK, actual: 'AUTHORIZATION' });
  assert.equal(ecom.status, 401);
  const [event] = await storedEvents(receiver);
  assert.deepEqual(event?.verified, {
    digest: false,
    result: true,
    basicAuth: false,
    source: false,
    token: true,
    api: false,
  });
});

test('the previous token is right too, and names and amp; do not matter', async (t) => {
  const previous = 'the-token-that-was-before-3Xs1';
  const receiver = await startTestService(t, { env: { ...WITH_TOKEN, MAPI_CALLBACK_TOKEN_PREVIOUS: previous } });
  const targets = [
    mapiTarget('/authorization', previous),
    mapiTarget('/authorization', `${MAPI_TOKEN}&token=${MAPI_TOKEN}`),
    `${MAPI_PATH}/authorization?x=1&amp;Token=${MAPI_TOKEN}`,
    `${MAPI_PATH}/authorization?%74oken=${MAPI_TOKEN.replace('-', '%2D')}`,
  ];

  const responses = await Promise.all(targets.map((target) => post(receiver, target, authorization(randomUUID()))));

  for (const response of responses) assertMapiResponse(response, { ...OK, actual: 'AUTHORIZATION' });
  const { json } = await receiver.status('/status');
  const { secrets } = json as { secrets: { name: string; lastUsedAt: unknown; previous: { lastUsedAt: unknown } }[] };
  const use = secrets.find(({ name }) => name === 'MAPI_CALLBACK_TOKEN');
  assert.equal(typeof use?.lastUsedAt, 'string');
  assert.equal(typeof use?.previous.lastUsedAt, 'string');
});

test('every method except POST gets 405 with Allow: POST, HEAD with headers alone', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const targets = [mapiTarget('/management'), mapiTarget('/management', null)];

  for (const target of targets) {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
      const response = await send(receiver.url, target, { method });
      assertMapiResponse(response, { ...WRONG_METHOD, actual: 'MANAGEMENT' });
      assert.equal(response.headers.allow, 'POST');
    }
    const head = await send(receiver.url, target, { method: 'HEAD' });
    assert.deepEqual([head.status, head.body, head.headers.allow], [405, '', 'POST']);
    assertResponseHeaders(head, { ...WRONG_METHOD, actual: 'MANAGEMENT', provider: 'resurs-mapi' });
  }
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('a body over the limit gets 413 before its form is checked, and the connection is closed', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const chunked = openRequest(t, { url: receiver.url, target: mapiTarget('/authorization') });

  const announced = await post(receiver, mapiTarget('/authorization?callback=management'), HUGE);
  chunked.write(HUGE);
  const discovered = await chunked.response;

  assertMapiResponse(announced, { status: 413, reason: 'Body too large.' });
  assertMapiResponse(discovered, { status: 413, reason: 'Body too large.', actual: 'AUTHORIZATION' });
  for (const { headers } of [announced, discovered]) assert.equal(headers.connection, 'close');
});

test('a body that does not end within 10 s gets 408', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const partial = openRequest(t, {
    url: receiver.url,
    target: mapiTarget('/authorization'),
    headers: { 'content-length': 100, expect: '100-continue' },
  });

  await partial.continued;
  const response = await partial.response;

  assertMapiResponse(response, { status: 408, reason: 'Body too slow.', actual: 'AUTHORIZATION' });
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('a malformed body or URL gets 400 and stores nothing', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const [id, good] = [randomUUID(), authorization(randomUUID())];
  const cases: [string, string, string][] = [
    ['/authorization', authorization('no id'), 'AUTHORIZATION'],
    ['/authorization', authorization('x'.repeat(65)), 'AUTHORIZATION'],
    ['/authorization', JSON.stringify({ paymentId: id }), 'AUTHORIZATION'],
    ['/authorization', JSON.stringify({ paymentId: id, status: 7 }), 'AUTHORIZATION'],
    ['/authorization', management(id, 'CAPTURE'), 'AUTHORIZATION'],
    ['/authorization', `{"paymentId":"${id}","paymentId":"${randomUUID()}","status":"FROZEN"}`, 'AUTHORIZATION'],
    ['/authorization', application(id), 'AUTHORIZATION'],
    ['/management', authorization(id), 'MANAGEMENT'],
    ['/management', JSON.stringify({ paymentId: id, action: 'CAPTURE' }), 'MANAGEMENT'],
    ['/credit-application', authorization(id), 'CREDIT_APPLICATION'],
    ['', JSON.stringify({ paymentId: id }), ''],
    ['/authorization?callback=management', good, ''],
    ['?callback=authorization&callback=management', good, ''],
    ['/authorization?order=.', good, 'AUTHORIZATION'],
    ['/authorization?order=..', good, 'AUTHORIZATION'],
    ['/authorization?order=a%00b', good, 'AUTHORIZATION'],
    [`/authorization?order=${'x'.repeat(256)}`, good, 'AUTHORIZATION'],
    ['/authorization?order=1&Order=2', good, 'AUTHORIZATION'],
  ];

  for (const [rest, body, actual] of cases) {
    const response = await post(receiver, mapiTarget(rest), body);
    assertMapiResponse(response, { ...MALFORMED, actual });
  }
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('with a token an id need not be a UUID, and unknown members do not matter', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const body = authorization('123456', 'AUTHORIZED', { checkoutId: randomUUID(), added: [{ since: null }] });

  const response = await post(receiver, mapiTarget('/authorization'), body);

  assertMapiResponse(response, { ...OK, actual: 'AUTHORIZATION' });
  const [event] = await storedEvents(receiver);
  assert.deepEqual([event?.payment_id, event?.body?.toString()], ['123456', body]);
});

test('an order that is not ours gets 410 or 202, and a callback without an order is not judged', async (t) => {
  const ownership = { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'SHOP-.*' };
  const rejecting = await startTestService(t, { env: { ...WITH_TOKEN, ...ownership } });
  const env = { ...WITH_TOKEN, ...ownership, ACCEPT_REJECTED_CALLBACKS: 'true' };
  const accepting = await startTestService(t, { env });
  const sendTo = (receiver: typeof rejecting, rest: string) =>
    post(receiver, mapiTarget(rest), authorization(randomUUID()));

  const rejected = await sendTo(rejecting, '/authorization?order=OTHER-1');
  const accepted = await sendTo(accepting, '/authorization?order=OTHER-1');
  const own = await sendTo(rejecting, '/authorization?order=SHOP-1');
  const without = await sendTo(rejecting, '/authorization');

  assertMapiResponse(rejected, { status: 410, reason: 'Order is not ours.', actual: 'AUTHORIZATION' });
  const reason = 'Order is not ours, but it is still accepted.';
  assertMapiResponse(accepted, { status: 202, reason, actual: 'AUTHORIZATION' });
  for (const response of [own, without]) assertMapiResponse(response, { ...OK, actual: 'AUTHORIZATION' });
  const { json } = await rejecting.status('/rejections');
  const { rejections } = json as { rejections: { paymentId: string; callback: string }[] };
  assert.deepEqual(
    rejections.map(({ paymentId, callback }) => [paymentId, callback]),
    [['OTHER-1', 'AUTHORIZATION']],
  );
  assert.equal((await countRows(rejecting)).events, 2);
});

test('a test is stored once its token is right, and delivered only where tests are forwarded', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const forwarding = await startTestService(t, { env: { ...WITH_TOKEN, FORWARD_TEST_CALLBACKS: 'true' } });
  const bodies = [undefined, 'anything', '[]', '{"paymentId":null}', '{"test":true}', Buffer.from([0xff, 0xfe])];

  for (const body of bodies) {
    const response = await post(receiver, mapiTarget('/authorization?note=1'), body);
    assertMapiResponse(response, { status: 204, reason: 'Test OK', actual: 'TEST' });
  }
  await post(forwarding, mapiTarget());

  assert.deepEqual(await countRows(receiver), { events: 6, receipts: 6, deliveries: 0, identities: 6 });
  const [event] = await storedEvents(receiver);
  assert.deepEqual(
    [event?.callback, event?.type, event?.payment_id, event?.parameters],
    ['TEST', 'callback.test', null, { note: '1' }],
  );
  assert.deepEqual([event?.verified.result, Reflect.get(event?.verified ?? {}, 'token')], [true, true]);
  assert.equal((await countRows(forwarding)).deliveries, 1);
});

test('while nothing can be committed callbacks get 503, and their retry is accepted as soon as it can', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const lock = await lockTables(t, receiver.databaseUrl, 'identities');
  const body = authorization(randomUUID());

  const [response, ofTest] = await Promise.all([
    post(receiver, mapiTarget('/authorization'), body),
    post(receiver, mapiTarget()),
  ]);
  await lock.release();
  const retry = await post(receiver, mapiTarget('/authorization'), body);

  assertMapiResponse(response, { status: 503, reason: 'Try again.', actual: 'AUTHORIZATION' });
  assertMapiResponse(ofTest, { status: 503, reason: 'Try again.', actual: 'TEST' });
  assertMapiResponse(retry, { ...OK, actual: 'AUTHORIZATION' });
  assert.equal((await countRows(receiver)).events, 1);
});

test('beyond MAX_EVENTS_PER_PAYMENT a new fact gets 503 and a repeat 204', async (t) => {
  const receiver = await startTestService(t, { env: { ...WITH_TOKEN, MAX_EVENTS_PER_PAYMENT: '1' } });
  const id = randomUUID();

  const first = await post(receiver, mapiTarget(), authorization(id));
  const second = await post(receiver, mapiTarget(), authorization(id, 'FROZEN'));
  const repeat = await post(receiver, mapiTarget(), authorization(id));

  assert.deepEqual([first.status, second.status, repeat.status], [204, 503, 204]);

  const applicationId = randomUUID();
  const inspection = await post(receiver, mapiTarget(), application(applicationId, 'INSPECTION'));
  const accepted = await post(receiver, mapiTarget(), application(applicationId, 'ACCEPTED'));
  assert.deepEqual([inspection.status, accepted.status], [204, 503]);
});

test('a mocked error is given by kind, TEST included, and nothing of the callback is stored', async (t) => {
  const receiver = await startTestService(t, { env: { ...WITH_TOKEN, MOCK_ERRORS: 'true' } });
  const mock = (callback: string) => putMockError(receiver, { callback, code: 507, message: 'Full.', times: 1 });

  await mock('MANAGEMENT');
  const other = await post(receiver, mapiTarget(), authorization(randomUUID()));
  const mocked = await post(receiver, mapiTarget(), management(randomUUID(), 'CAPTURE'));
  await mock('TEST');
  const ofTest = await post(receiver, mapiTarget());

  assert.deepEqual([other.status, mocked.status, ofTest.status], [204, 507, 507]);
  assertMapiResponse(mocked, { status: 507, reason: 'Full.', actual: 'MANAGEMENT' });
  assert.equal((await countRows(receiver)).events, 1);
});
