/**
 * What only the REST interface of the fake Resurs does, as Resurs documents its own: our clients must meet the same
 * behaviour here as there. A real HTTP server on one side, plain requests on the other. fake-resurs-api.test.ts has
 * what SOAP does as well.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { basicHeader } from '../../src/protocol/ecom/registration.ts';
import {
  ACCOUNT,
  callRest,
  REST_REGISTRATION,
  type RestRequest,
  register,
  setUpFakeResurs,
  TEMPLATE,
} from './fake-resurs.ts';

async function setup(t: TestContext) {
  const resurs = await setUpFakeResurs(t);
  return { resurs, rest: (call: string, request?: RestRequest) => callRest(resurs, call, request) };
}

test('reading a registration and the list return URLs, but no salts and credentials', async (t) => {
  const { rest } = await setup(t);
  await rest('POST /callbacks/BOOKED', { body: JSON.stringify(REST_REGISTRATION) });

  const one = await rest('GET /callbacks/BOOKED');
  const all = await rest('GET /callbacks');

  assert.deepEqual(JSON.parse(one.text), { eventType: 'BOOKED', uriTemplate: TEMPLATE });
  assert.deepEqual(JSON.parse(all.text), [{ eventType: 'BOOKED', uriTemplate: TEMPLATE }]);
});

test('all seven types can be registered, and the list contains each', async (t) => {
  const { resurs, rest } = await setup(t);

  for (const type of CALLBACK_TYPES) await register(resurs, type);
  const { text } = await rest('GET /callbacks');

  assert.deepEqual(
    JSON.parse(text).map(({ eventType }: { eventType: string }) => eventType),
    CALLBACK_TYPES,
  );
});

test('without a registration the response is empty, and the list is empty', async (t) => {
  const { rest } = await setup(t);

  const one = await rest('GET /callbacks/UNFREEZE');
  const all = await rest('GET /callbacks');

  assert.deepEqual([one.status, one.text], [200, '']);
  assert.deepEqual([all.status, all.text], [200, '[]']);
});

test('removing a registration twice is no error', async (t) => {
  const { resurs, rest } = await setup(t);
  await register(resurs, 'BOOKED');

  const first = await rest('DELETE /callbacks/BOOKED', { body: '{}' });
  const second = await rest('DELETE /callbacks/BOOKED', { body: '{}' });

  assert.deepEqual([first.status, second.status], [200, 200]);
  assert.equal(resurs.registered.size, 0);
});

for (const { name, authorization } of [
  { name: 'no credentials', authorization: null },
  { name: 'a wrong password', authorization: basicHeader({ ...ACCOUNT, password: 'wrong' }) },
  { name: 'another scheme', authorization: basicHeader(ACCOUNT).replace('Basic', 'Bearer') },
]) {
  test(`${name} gets 401 without WWW-Authenticate`, async (t) => {
    const { resurs, rest } = await setup(t);

    const response = await rest('POST /callbacks/BOOKED', { body: JSON.stringify(REST_REGISTRATION), authorization });

    assert.equal(response.status, 401);
    assert.deepEqual(JSON.parse(response.text), { message: 'Bad credentials' });
    assert.equal(response.headers.get('www-authenticate'), null);
    assert.equal(resurs.registered.size, 0);
  });
}

const withDigest = (change: object) =>
  JSON.stringify({
    ...REST_REGISTRATION,
    digestConfiguration: { ...REST_REGISTRATION.digestConfiguration, ...change },
  });

for (const { call, name, status, ...request } of [
  { call: 'POST /checkout/callbacks/BOOKED', name: 'the prefix of payments', status: 404, body: withDigest({}) },
  { call: 'GET /callbacks/BOOKED/x', name: 'a longer path', status: 404 },
  { call: 'POST /callbacks/booked', name: 'a type in lower case', status: 400, body: withDigest({}) },
  { call: 'GET /callbacks/PAID', name: 'a type that does not exist', status: 400 },
  { call: 'PUT /callbacks/BOOKED', name: 'another method', status: 405, body: withDigest({}) },
  { call: 'DELETE /callbacks', name: 'a removal of everything', status: 405, body: '{}' },
  { call: 'DELETE /callbacks/BOOKED', name: 'a removal without a body', status: 415 },
  {
    call: 'DELETE /callbacks/BOOKED',
    name: 'a removal without a content type',
    status: 415,
    body: '{}',
    contentType: null,
  },
  { call: 'POST /callbacks/BOOKED', name: 'a form', status: 415, body: 'a=b', contentType: 'text/plain' },
  { call: 'POST /callbacks/BOOKED', name: 'a body that is no JSON', status: 400, body: '{' },
  { call: 'POST /callbacks/BOOKED', name: 'a body that is no object', status: 400, body: '[]' },
  { call: 'POST /callbacks/BOOKED', name: 'a body without URL', status: 400, body: '{"uriTemplate":""}' },
  {
    call: 'POST /callbacks/BOOKED',
    name: 'a user name that is no text',
    status: 400,
    body: '{"uriTemplate":"u","basicAuthUserName":1}',
  },
  {
    call: 'POST /callbacks/BOOKED',
    name: 'another algorithm',
    status: 400,
    body: withDigest({ digestAlgorithm: 'SHA256' }),
  },
  { call: 'POST /callbacks/BOOKED', name: 'no parameters', status: 400, body: withDigest({ digestParameters: [] }) },
  {
    call: 'POST /callbacks/BOOKED',
    name: 'parameters as text',
    status: 400,
    body: withDigest({ digestParameters: 'paymentId' }),
  },
]) {
  test(`${call} gets ${status} for ${name}`, async (t) => {
    const { resurs, rest } = await setup(t);

    const response = await rest(call, request);

    assert.equal(response.status, status);
    assert.equal(resurs.registered.size, 0);
  });
}

test('a digest without paymentId is accepted, with a note that the callback is never sent', async (t) => {
  const { resurs, rest } = await setup(t);

  const { status } = await rest('POST /callbacks/TEST', { body: withDigest({ digestParameters: ['param1'] }) });

  assert.equal(status, 200);
  assert.match(resurs.calls.at(-1)?.note ?? '', /never be sent/);
});

test('calls are recorded without their contents', async (t) => {
  const { resurs, rest } = await setup(t);

  await rest('POST /callbacks/BOOKED', { body: JSON.stringify(REST_REGISTRATION) });
  await rest('POST /callbacks/BOOKED', { body: JSON.stringify(REST_REGISTRATION) });
  await rest('GET /callbacks?token=hidden');
  await rest('GET /callbacks/%0Ahidden');

  const rest200 = { channel: 'REST', status: 200, note: null } as const;
  assert.deepEqual(resurs.calls, [
    { ...rest200, operation: 'register', type: 'BOOKED', number: 1 },
    { ...rest200, operation: 'register', type: 'BOOKED', number: 2 },
    { ...rest200, operation: 'list', type: null, number: 1 },
    { ...rest200, operation: 'read', type: null, number: 1, status: 400, note: 'Unknown callback type!' },
  ]);
});
