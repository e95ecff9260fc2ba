/**
 * The responses to Resurs, row by row of the response table: status, reason phrase, JSON and headers, and the rows in
 * the database afterwards. Operators and other clients rely on them to see what failed. Real HTTP, real Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { countRows, lockTables, NO_ROWS } from '../helpers/database-state.ts';
import { assertAccepted, assertResponse } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';

const BASIC = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'a password: with a colon' };
const OURS = { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'SHOP-[0-9]+' };

function setup(t: TestContext, env: Record<string, string> = {}) {
  return startTestService(t, { env });
}

function authorization(username: string, password: string) {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

test('a valid callback gets 204 OK and is stored with its delivery', async (t) => {
  const receiver = await setup(t);

  const response = await send(receiver.url, target('UNFREEZE', '100000016'));

  assertAccepted(response, 'UNFREEZE');
  assert.deepEqual(await countRows(receiver), { events: 1, receipts: 1, deliveries: 1, identities: 1 });
});

test('a repeated callback gets 204 OK again', async (t) => {
  const receiver = await setup(t);
  await send(receiver.url, target('UNFREEZE', '100000016'));

  const response = await send(receiver.url, target('UNFREEZE', '100000016'));

  assertAccepted(response, 'UNFREEZE');
  assert.deepEqual(await countRows(receiver), { events: 1, receipts: 2, deliveries: 1, identities: 1 });
});

test('a callback from an address that is not allowed gets 403', async (t) => {
  const receiver = await setup(t, { ALLOWED_SOURCES: 'resurs' });

  const response = await send(receiver.url, target('UNFREEZE', '100000016'));

  assertResponse(response, { status: 403, reason: 'Source not allowed.' });
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('missing, wrong and garbled credentials get 401 with a challenge', async (t) => {
  const receiver = await setup(t, BASIC);
  const wrong = [
    {},
    authorization('resurs', 'wrong'),
    authorization('Resurs', BASIC.BASIC_AUTH_PASSWORD),
    { authorization: 'Basic !!!' },
    { authorization: 'Bearer abc' },
    { authorization: `Basic ${Buffer.from('resurs').toString('base64')}` },
  ];

  const responses = await Promise.all(wrong.map((headers) => send(receiver.url, target('UNFREEZE', '1'), { headers })));

  for (const response of responses) {
    assertResponse(response, { status: 401, reason: 'Unauthorized.' });
    assert.match(String(response.headers['www-authenticate']), /^Basic realm="[^"]+"/);
  }
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('current and previous credentials are both accepted, but not mixed', async (t) => {
  const previous = { BASIC_AUTH_USERNAME_PREVIOUS: 'before', BASIC_AUTH_PASSWORD_PREVIOUS: 'the password before it' };
  const receiver = await setup(t, { ...BASIC, ...previous });
  const pairs = [
    ['resurs', BASIC.BASIC_AUTH_PASSWORD],
    ['before', 'the password before it'],
    ['before', BASIC.BASIC_AUTH_PASSWORD],
  ] as const;

  const responses = await Promise.all(
    pairs.map(([name, password]) =>
      send(receiver.url, target('UNFREEZE', '100000016'), { headers: authorization(name, password) }),
    ),
  );

  assert.deepEqual(
    responses.map(({ status }) => status),
    [204, 204, 401],
  );
});

test('a wrong or missing digest gets 406, reported as no error', async (t) => {
  const receiver = await setup(t);
  const targets = [
    target('UNFREEZE', '100000016', { salt: 'not the salt of this shop' }),
    '/callbacks/resurs?c=UNFREEZE&p=100000016',
    '/callbacks/resurs?c=UNFREEZE&p=100000016&d=',
    '/callbacks/resurs?c=UNFREEZE&p=100000016&d=digest123xyz',
    '/callbacks/resurs/unfreeze/paymentId/100000016',
  ];

  const responses = await Promise.all(targets.map((url) => send(receiver.url, url)));

  for (const response of responses)
    assertResponse(response, { status: 406, reason: 'Digest rejected.', actual: 'UNFREEZE' });
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('an order that is not ours gets 410, or 202 where such callbacks are accepted', async (t) => {
  const rejecting = await setup(t, OURS);
  const accepting = await setup(t, { ...OURS, ACCEPT_REJECTED_CALLBACKS: 'true' });

  const rejected = await send(rejecting.url, target('UNFREEZE', 'SHOP-1/2'));
  const accepted = await send(accepting.url, target('UNFREEZE', 'SHOP-1/2'));
  const own = await send(accepting.url, target('UNFREEZE', 'SHOP-1'));

  assertResponse(rejected, { status: 410, reason: 'Order is not ours.', actual: 'UNFREEZE' });
  const reason = 'Order is not ours, but it is still accepted.';
  assertResponse(accepted, { status: 202, reason, actual: 'UNFREEZE' });
  assertAccepted(own, 'UNFREEZE');
  assert.deepEqual(await countRows(rejecting), NO_ROWS);
  assert.equal((await countRows(accepting)).events, 1);
});

test('while nothing can be committed callbacks get 503, and their retry is accepted as soon as it can', async (t) => {
  const receiver = await setup(t);
  const lock = await lockTables(t, receiver.databaseUrl, 'identities');

  const response = await send(receiver.url, target('UNFREEZE', '100000016'));
  await lock.release();
  const retry = await send(receiver.url, target('UNFREEZE', '100000016'));

  assertResponse(response, { status: 503, reason: 'Try again.', actual: 'UNFREEZE' });
  assertAccepted(retry, 'UNFREEZE');
  assert.deepEqual(await countRows(receiver), { events: 1, receipts: 1, deliveries: 1, identities: 1 });
});

test('each response has a new request id of ours, whatever id the request carries', async (t) => {
  const receiver = await setup(t);
  const headers = { 'x-request-id': 'theirs', 'request-id': 'theirs' };

  const responses = await Promise.all([1, 2].map(() => send(receiver.url, target('UNFREEZE', '1'), { headers })));

  const ids = responses.map((response) => response.headers['x-request-id']);
  assert.equal(new Set([...ids, 'theirs']).size, 3);
  assert.equal(receiver.logText().includes('theirs'), false);
});
