/**
 * Callbacks of the Merchant API are taken on their paths, with the kind in the path, in the query or in the body, and
 * beside eCom's on one path. URLs of the shop plugin work as it formed them. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { send, target } from '../../helpers/callbacks.ts';
import { countRows, NO_ROWS, storedEvents } from '../../helpers/database-state.ts';
import {
  application,
  assertMapiResponse,
  authorization,
  MAPI_TOKEN,
  management,
  mapiTarget,
  post,
  startConfirmingReceiver,
  WITH_TOKEN,
} from '../../helpers/mapi.ts';
import { assertAccepted, assertResponse } from '../../helpers/responses.ts';
import { startTestService } from '../../helpers/service.ts';

const NOT_FOUND = { status: 404, reason: 'Not found.' };
const OK = { status: 204, reason: 'OK' };
const TOKEN = `token=${MAPI_TOKEN}`;

test('the kind is read from the path, the query or the body', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const bodies = {
    AUTHORIZATION: () => authorization(randomUUID()),
    MANAGEMENT: () => management(randomUUID(), 'CAPTURE'),
    CREDIT_APPLICATION: () => application(randomUUID()),
  };
  const cases: [string, keyof typeof bodies][] = [
    ['/authorization', 'AUTHORIZATION'],
    ['/Management/', 'MANAGEMENT'],
    ['/credit-application', 'CREDIT_APPLICATION'],
    ['/CREDIT%2DAPPLICATION', 'CREDIT_APPLICATION'],
    ['?callback=AUTHORIZATION', 'AUTHORIZATION'],
    ['/?Callback=management', 'MANAGEMENT'],
    ['?a=1&amp;callback=credit_application', 'CREDIT_APPLICATION'],
    ['?callback=Credit-Application', 'CREDIT_APPLICATION'],
    ['/authorization?callback=authorization', 'AUTHORIZATION'],
    ['?callback=AUTHORIZATION&callback=authorization', 'AUTHORIZATION'],
    ['', 'AUTHORIZATION'],
    ['', 'MANAGEMENT'],
    ['', 'CREDIT_APPLICATION'],
    ['?callback=something', 'MANAGEMENT'],
  ];

  for (const [rest, actual] of cases) {
    const response = await post(receiver, mapiTarget(rest), bodies[actual]());
    assertMapiResponse(response, { ...OK, actual });
  }

  const events = await storedEvents(receiver);
  assert.deepEqual(
    events.map(({ callback }) => callback),
    cases.map(([, actual]) => actual),
  );
});

test('escapes, doubled slashes and a slash at the end make no difference, and there is no redirect', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const paths = [
    '//callbacks/mapi/authorization',
    '/callbacks//mapi//authorization/',
    '/callbacks/mapi//authorization//',
    '/c%61llbacks/mapi/auth%6Frization',
    `http://receiver.example/callbacks/mapi/authorization`,
  ];

  const responses = await Promise.all(
    paths.map((path) => post(receiver, `${path}?${TOKEN}`, authorization(randomUUID()))),
  );

  for (const response of responses) assertMapiResponse(response, { ...OK, actual: 'AUTHORIZATION' });
});

test('an unknown path below gets 404 in the form Resurs knows, whatever the method and token', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const rests = [
    '/booked',
    '/authorization/x',
    '/authorization/management',
    '/unfreeze/paymentId/1',
    '/credit_application',
  ];

  for (const rest of rests) {
    const responses = await Promise.all([
      post(receiver, mapiTarget(rest), authorization(randomUUID())),
      send(receiver.url, mapiTarget(rest, null)),
    ]);
    for (const response of responses) assertMapiResponse(response, NOT_FOUND);
  }
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('without MAPI_CALLBACK_PATHS there is no such route, and its inner name is none of the outside', async (t) => {
  const [without, receiver] = [await startTestService(t), await startTestService(t, { env: WITH_TOKEN })];

  const responses = await Promise.all([
    post(without, mapiTarget('/authorization'), authorization(randomUUID())),
    post(without, '/!merchant-api', authorization(randomUUID())),
    post(receiver, `/!merchant-api?${TOKEN}`, authorization(randomUUID())),
    post(receiver, `/%21merchant-api?${TOKEN}`, authorization(randomUUID())),
    post(receiver, `/callbacks/mapix?${TOKEN}`, authorization(randomUUID())),
    post(receiver, `/authorization?${TOKEN}`, authorization(randomUUID())),
  ]);

  for (const response of responses) {
    assert.equal(response.status, 404);
    assert.equal(response.headers['x-callback-digest-code'], undefined);
    assert.equal(JSON.parse(response.body).error.code, 'not_found');
  }
});

test('the path / takes exactly / and the three kinds below it, and other routes still work', async (t) => {
  const receiver = await startTestService(t, { env: { ...WITH_TOKEN, MAPI_CALLBACK_PATHS: '/' } });
  const taken = ['/', '//', '/authorization', '/authorization/', '//Authorization'];
  const left = ['/authorization/x', '/booked', '/callbacks'];

  for (const path of taken) {
    const response = await post(receiver, `${path}?${TOKEN}`, authorization(randomUUID()));
    assertMapiResponse(response, { ...OK, actual: 'AUTHORIZATION' });
  }
  for (const path of left) {
    const response = await post(receiver, `${path}?${TOKEN}`, authorization(randomUUID()));
    assert.deepEqual([response.status, response.headers['x-callback-actual']], [404, undefined]);
  }
  const health = await send(receiver.url, '/healthz');
  const ecom = await send(receiver.url, target('UNFREEZE', '1'));
  assert.equal(health.status, 200);
  assertAccepted(ecom, 'UNFREEZE');
});

test('on a path of both, the three words and kinds lead to the Merchant API, and all else to eCom', async (t) => {
  const path = '/wc-api/ResursDefault';
  const basic = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'a-password-of-the-tests' };
  const env = { ...WITH_TOKEN, ...basic, CALLBACK_PATHS: path, MAPI_CALLBACK_PATHS: `${path},${path}/mapi` };
  const receiver = await startTestService(t, { env });
  const headers = { authorization: `Basic ${Buffer.from('resurs:a-password-of-the-tests').toString('base64')}` };

  const mapi = [
    await post(receiver, `${path}?callback=AUTHORIZATION&${TOKEN}`, authorization(randomUUID())),
    await post(receiver, `${path}/authorization?${TOKEN}`, authorization(randomUUID())),
    await post(receiver, `${path}/mapi?${TOKEN}`, authorization(randomUUID())),
  ];
  const wrongMethod = await send(receiver.url, `${path}?callback=authorization`);
  const ecom = await send(receiver.url, target('UNFREEZE', '1', { path }), { headers });
  const named = await send(receiver.url, target('x', '2', { path, extra: '&callback=ANNULMENT' }).replace('c=x&', ''), {
    headers,
  });
  const pairs = await send(receiver.url, `${path}/unfreeze/paymentId/authorization/digest/0?callback=management`, {
    headers,
  });
  const withoutBasic = await post(receiver, `${path}?callback=OTHER&${TOKEN}`, authorization(randomUUID()));
  const otherMethod = await send(receiver.url, path, { method: 'PUT', headers });

  for (const response of mapi) assertMapiResponse(response, { ...OK, actual: 'AUTHORIZATION' });
  assertMapiResponse(wrongMethod, { status: 405, reason: 'Method not allowed.', actual: 'AUTHORIZATION' });
  assertAccepted(ecom, 'UNFREEZE');
  assertAccepted(named, 'ANNULMENT');
  assertResponse(pairs, { status: 406, reason: 'Digest rejected.', actual: 'UNFREEZE' });
  assertResponse(withoutBasic, { status: 401, reason: 'Unauthorized.' });
  assert.equal(otherMethod.headers.allow, 'GET, POST');
});

test('URLs that the shop plugin formed are taken over where no token is configured', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t, {
    env: { MAPI_CALLBACK_PATHS: '/,/wc-api/resursbank', CALLBACK_PATHS: '/,/callbacks/resurs' },
  });
  const id = randomUUID();
  api.hold(id);

  const responses = [
    await post(receiver, '/?wc-api=resursbank&callback=AUTHORIZATION', authorization(id)),
    await post(receiver, '/wc-api/resursbank/?callback=management', management(id, 'CAPTURE')),
    await post(receiver, '/wc-api/resursbank?callback=MANAGEMENT', management(id, 'REFUND')),
  ];
  const ecom = await send(receiver.url, target('UNFREEZE', '1', { path: '/', extra: '&wc-api=ResursDefault' }));

  assert.deepEqual(
    responses.map(({ status, headers }) => [status, headers['x-callback-actual']]),
    [
      [204, 'AUTHORIZATION'],
      [204, 'MANAGEMENT'],
      [204, 'MANAGEMENT'],
    ],
  );
  assertAccepted(ecom, 'UNFREEZE');
  const events = await storedEvents(receiver);
  assert.deepEqual(
    events.map(({ type, parameters }) => [type, parameters]),
    [
      ['payment.authorized', { 'wc-api': 'resursbank' }],
      ['payment.captured', {}],
      ['payment.refunded', {}],
      ['payment.unfrozen', { 'wc-api': 'ResursDefault' }],
    ],
  );
});
