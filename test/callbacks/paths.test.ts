/**
 * Where callbacks are taken: the configured paths with or without a trailing slash, and nowhere else. Whatever lies below
 * a callback path answers in Resurs' form, never with a redirect. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import { test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { countStored, NOTHING } from '../helpers/database-state.ts';
import { assertAnswer, assertFacts, assertTaken } from '../helpers/responses.ts';
import { startWorld } from '../helpers/service.ts';

const NOT_FOUND = { status: 404, reason: 'Not found.' };
const WRONG_METHOD = { status: 405, reason: 'Method not allowed.' };

test('a path below a callback path that no callback has is answered 404 in the form Resurs knows', async (t) => {
  const world = await startWorld(t);
  const paths = ['/unfreeze/orderNumber/1', '//', '/unfreeze/a/b/c', '/test/param9/x', '/unfreeze/payment'];

  const answers = await Promise.all(paths.map((path) => send(world.url, `/callbacks/resurs${path}`)));

  for (const answer of answers) assertAnswer(answer, NOT_FOUND);
});

test('a path beside the callback path is none of Resurs', async (t) => {
  const world = await startWorld(t);
  const paths = [
    '/',
    '/callbacks',
    '/callbacks/resursX',
    '/Callbacks/resurs',
    '//callbacks/resurs',
    '/x/callbacks/resurs',
  ];

  const answers = await Promise.all(paths.map((path) => send(world.url, target('UNFREEZE', '1', { path }))));

  for (const answer of answers) {
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['x-callback-digest-code'], undefined);
  }
  assert.deepEqual(await countStored(world), NOTHING);
});

test('every method but GET and POST is answered 405 and stores nothing', async (t) => {
  const world = await startWorld(t);
  const methods = http.METHODS.filter((method) => !['GET', 'POST', 'HEAD', 'CONNECT'].includes(method));

  const answers = await Promise.all(methods.map((method) => send(world.url, target('UNFREEZE', '1'), { method })));

  for (const answer of answers) {
    assertAnswer(answer, WRONG_METHOD);
    assert.equal(answer.headers.allow, 'GET, POST');
  }
  assert.deepEqual(await countStored(world), NOTHING);
});

test('PUT with a body and HEAD are answered 405 too, HEAD with headers alone', async (t) => {
  const world = await startWorld(t);

  const put = await send(world.url, target('BOOKED', '1'), { method: 'PUT', body: '{"a":' });
  const head = await send(world.url, target('UNFREEZE', '1'), { method: 'HEAD' });
  const pair = await send(world.url, '/callbacks/resurs/unfreeze/paymentId/1', { method: 'HEAD' });

  assertAnswer(put, WRONG_METHOD);
  for (const answer of [head, pair]) {
    assert.deepEqual([answer.status, answer.reason, answer.body], [405, 'Method not allowed.', '']);
    assertFacts(answer, WRONG_METHOD);
    assert.equal(answer.headers.allow, 'GET, POST');
  }
  assert.deepEqual(await countStored(world), NOTHING);
});

test('a trailing slash is the same path, on every configured path', async (t) => {
  const world = await startWorld(t, { env: { CALLBACK_PATHS: '/callbacks/resurs, /wc-api/ResursDefault/' } });
  const paths = ['/callbacks/resurs', '/callbacks/resurs/', '/wc-api/ResursDefault', '/wc-api/ResursDefault/'];

  const answers = await Promise.all(paths.map((path) => send(world.url, target('UNFREEZE', '1', { path }))));

  for (const answer of answers) assertTaken(answer, 'UNFREEZE');
  assert.deepEqual(await countStored(world), { events: 1, receipts: 4, deliveries: 1, identities: 1 });
});

test('the path / takes the query form at exactly /, beside everything else that is served', async (t) => {
  const world = await startWorld(t, { env: { CALLBACK_PATHS: '/,/callbacks/resurs' } });

  const plain = await send(world.url, target('UNFREEZE', '1', { path: '/' }));
  const bare = await send(world.url, '/');
  const below = await send(world.url, target('UNFREEZE', '2', { path: '/unfreeze' }));
  const other = await send(world.url, target('UNFREEZE', '3'));
  const health = await send(world.url, '/healthz');

  assertTaken(plain, 'UNFREEZE');
  assertAnswer(bare, { status: 400, reason: 'Malformed callback.' });
  assert.equal(below.status, 404);
  assertTaken(other, 'UNFREEZE');
  assert.equal(health.status, 200);
});
