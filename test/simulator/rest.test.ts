/**
 * The REST interface of the stand-in, as Resurs documents its own: what clients of ours learn to live with here has to
 * be what they meet there. A real HTTP server on one side, plain requests on the other.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { basicHeader } from '../../src/protocol/ecom/registration.ts';
import { ACCOUNT, callRest, type RestRequest, register, setUpStandIn, TEMPLATE } from './fake-resurs.ts';

async function setup(t: TestContext) {
  const standIn = await setUpStandIn(t);
  return { standIn, rest: (call: string, request?: RestRequest) => callRest(standIn, call, request) };
}

const REGISTRATION = {
  uriTemplate: TEMPLATE,
  basicAuthUserName: 'resurs',
  basicAuthPassword: 'a-callback-password',
  digestConfiguration: { digestAlgorithm: 'SHA1', digestSalt: 'a-callback-salt', digestParameters: ['paymentId'] },
};

test('a registration is kept as it was sent', async (t) => {
  const { standIn, rest } = await setup(t);

  const { status } = await rest('POST /callbacks/BOOKED', { body: JSON.stringify(REGISTRATION) });

  assert.equal(status, 200);
  assert.deepEqual(standIn.held.get('BOOKED'), {
    uriTemplate: TEMPLATE,
    digest: { algorithm: 'sha1', parameters: ['paymentId'], salt: 'a-callback-salt' },
    basic: { username: 'resurs', password: 'a-callback-password' },
  });
});

test('URLs can be read back, salts and credentials cannot', async (t) => {
  const { rest } = await setup(t);
  await rest('POST /callbacks/BOOKED', { body: JSON.stringify(REGISTRATION) });

  const one = await rest('GET /callbacks/BOOKED');
  const all = await rest('GET /callbacks');

  assert.deepEqual(JSON.parse(one.text), { eventType: 'BOOKED', uriTemplate: TEMPLATE });
  assert.deepEqual(JSON.parse(all.text), [{ eventType: 'BOOKED', uriTemplate: TEMPLATE }]);
});

test('registering again takes the place of what was there', async (t) => {
  const { standIn } = await setup(t);
  await register(standIn, 'UPDATE');

  const { status } = await register(standIn, 'UPDATE', { uriTemplate: 'https://new.example/{paymentId}' });

  assert.equal(status, 200);
  assert.deepEqual(standIn.held.get('UPDATE'), {
    uriTemplate: 'https://new.example/{paymentId}',
    digest: null,
    basic: null,
  });
});

test('all seven types can be registered, and the list has each of them', async (t) => {
  const { standIn, rest } = await setup(t);

  for (const type of CALLBACK_TYPES) await register(standIn, type);
  const { text } = await rest('GET /callbacks');

  assert.deepEqual(
    JSON.parse(text).map(({ eventType }: { eventType: string }) => eventType),
    CALLBACK_TYPES,
  );
});

test('what is not registered reads as an empty answer, and as an empty list', async (t) => {
  const { rest } = await setup(t);

  const one = await rest('GET /callbacks/UNFREEZE');
  const all = await rest('GET /callbacks');

  assert.deepEqual([one.status, one.text], [200, '']);
  assert.deepEqual([all.status, all.text], [200, '[]']);
});

test('removing ends a registration, and removing it again is no error', async (t) => {
  const { standIn, rest } = await setup(t);
  await register(standIn, 'BOOKED');

  const first = await rest('DELETE /callbacks/BOOKED', { body: '{}' });
  const second = await rest('DELETE /callbacks/BOOKED', { body: '{}' });

  assert.deepEqual([first.status, second.status], [200, 200]);
  assert.equal(standIn.held.size, 0);
});

for (const { name, authorization } of [
  { name: 'no credentials', authorization: null },
  { name: 'a wrong password', authorization: basicHeader({ ...ACCOUNT, password: 'wrong' }) },
  { name: 'another scheme', authorization: basicHeader(ACCOUNT).replace('Basic', 'Bearer') },
]) {
  test(`${name} gets 401 and no invitation to try again`, async (t) => {
    const { standIn, rest } = await setup(t);

    const answer = await rest('POST /callbacks/BOOKED', { body: JSON.stringify(REGISTRATION), authorization });

    assert.equal(answer.status, 401);
    assert.deepEqual(JSON.parse(answer.text), { message: 'Bad credentials' });
    assert.equal(answer.headers.get('www-authenticate'), null);
    assert.equal(standIn.held.size, 0);
  });
}

const withDigest = (change: object) =>
  JSON.stringify({ ...REGISTRATION, digestConfiguration: { ...REGISTRATION.digestConfiguration, ...change } });

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
  test(`${call} is answered ${status} for ${name}`, async (t) => {
    const { standIn, rest } = await setup(t);

    const answer = await rest(call, request);

    assert.equal(answer.status, status);
    assert.equal(standIn.held.size, 0);
  });
}

test('a digest without paymentId is accepted, and noted as one that is never sent', async (t) => {
  const { standIn, rest } = await setup(t);

  const { status } = await rest('POST /callbacks/TEST', { body: withDigest({ digestParameters: ['param1'] }) });

  assert.equal(status, 200);
  assert.match(standIn.calls.at(-1)?.note ?? '', /never be sent/);
});

test('calls are noted without anything that was in them', async (t) => {
  const { standIn, rest } = await setup(t);

  await rest('POST /callbacks/BOOKED', { body: JSON.stringify(REGISTRATION) });
  await rest('POST /callbacks/BOOKED', { body: JSON.stringify(REGISTRATION) });
  await rest('GET /callbacks?token=hidden');
  await rest('GET /callbacks/%0Ahidden');

  const rest200 = { channel: 'REST', status: 200, note: null } as const;
  assert.deepEqual(standIn.calls, [
    { ...rest200, operation: 'register', type: 'BOOKED', number: 1 },
    { ...rest200, operation: 'register', type: 'BOOKED', number: 2 },
    { ...rest200, operation: 'list', type: null, number: 1 },
    { ...rest200, operation: 'read', type: null, number: 1, status: 400, note: 'Unknown callback type!' },
  ]);
});
