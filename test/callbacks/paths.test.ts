/**
 * Callbacks are accepted on the configured paths, with or without a trailing slash, and nowhere else. Paths below a
 * callback path respond in Resurs' form, never with a redirect. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import { test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { assertAccepted, assertResponse, assertResponseHeaders } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';

const pairTarget = (path: string) => `${path}${computeDigest('sha1', '1', SALT)}/`;
const NOT_FOUND = { status: 404, reason: 'Not found.' };
const WRONG_METHOD = { status: 405, reason: 'Method not allowed.' };

test('an unknown path below a callback path gets 404 in the form Resurs knows', async (t) => {
  const receiver = await startTestService(t);
  const paths = ['/unfreeze/orderNumber/1', '/unfreeze/a/b/c', '/test/param9/x', '/unfreeze/payment'];

  const responses = await Promise.all(paths.map((path) => send(receiver.url, `/callbacks/resurs${path}`)));

  for (const response of responses) assertResponse(response, NOT_FOUND);
});

test('a path outside the callback path gets a plain 404 and stores nothing', async (t) => {
  const receiver = await startTestService(t);
  const paths = ['/', '/callbacks', '/callbacks/resursX', '/Callbacks/resurs', '/x/callbacks/resurs'];

  const responses = await Promise.all(paths.map((path) => send(receiver.url, target('UNFREEZE', '1', { path }))));

  for (const response of responses) {
    assert.equal(response.status, 404);
    assert.equal(response.headers['x-callback-digest-code'], undefined);
  }
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('every method except GET and POST gets 405 and stores nothing', async (t) => {
  const receiver = await startTestService(t);
  const methods = http.METHODS.filter((method) => !['GET', 'POST', 'HEAD', 'CONNECT'].includes(method));

  const responses = await Promise.all(methods.map((method) => send(receiver.url, target('UNFREEZE', '1'), { method })));

  for (const response of responses) {
    assertResponse(response, WRONG_METHOD);
    assert.equal(response.headers.allow, 'GET, POST');
  }
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('PUT with a body and HEAD get 405 too, HEAD with headers alone', async (t) => {
  const receiver = await startTestService(t);

  const put = await send(receiver.url, target('BOOKED', '1'), { method: 'PUT', body: '{"a":' });
  const head = await send(receiver.url, target('UNFREEZE', '1'), { method: 'HEAD' });
  const pair = await send(receiver.url, '/callbacks/resurs/unfreeze/paymentId/1', { method: 'HEAD' });

  assertResponse(put, WRONG_METHOD);
  for (const response of [head, pair]) {
    assert.deepEqual([response.status, response.reason, response.body], [405, 'Method not allowed.', '']);
    assertResponseHeaders(response, WRONG_METHOD);
    assert.equal(response.headers.allow, 'GET, POST');
  }
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('slashes that stand doubled before, in or behind a callback path count as one', async (t) => {
  const receiver = await startTestService(t, { env: { CALLBACK_PATHS: '/callbacks/resurs,/' } });
  const paths = ['//callbacks/resurs', '/callbacks//resurs', '///callbacks///resurs///', '/callbacks/resurs//', '//'];

  const responses = await Promise.all(paths.map((path) => send(receiver.url, target('UNFREEZE', '1', { path }))));
  const pair = await send(receiver.url, pairTarget('//callbacks//resurs//unfreeze//paymentId//1//digest//'));

  for (const response of [...responses, pair]) assertAccepted(response, 'UNFREEZE');
  assert.deepEqual(await countRows(receiver), { events: 1, receipts: 6, deliveries: 1, identities: 1 });
});

test('a trailing slash makes no difference on any configured path', async (t) => {
  const receiver = await startTestService(t, { env: { CALLBACK_PATHS: '/callbacks/resurs, /wc-api/ResursDefault/' } });
  const paths = ['/callbacks/resurs', '/callbacks/resurs/', '/wc-api/ResursDefault', '/wc-api/ResursDefault/'];

  const responses = await Promise.all(paths.map((path) => send(receiver.url, target('UNFREEZE', '1', { path }))));

  for (const response of responses) assertAccepted(response, 'UNFREEZE');
  assert.deepEqual(await countRows(receiver), { events: 1, receipts: 4, deliveries: 1, identities: 1 });
});

test('the path / accepts the query form at exactly /, and other routes still work', async (t) => {
  const receiver = await startTestService(t, { env: { CALLBACK_PATHS: '/,/callbacks/resurs' } });

  const plain = await send(receiver.url, target('UNFREEZE', '1', { path: '/' }));
  const bare = await send(receiver.url, '/');
  const below = await send(receiver.url, target('UNFREEZE', '2', { path: '/unfreeze' }));
  const other = await send(receiver.url, target('UNFREEZE', '3'));
  const health = await send(receiver.url, '/healthz');

  assertAccepted(plain, 'UNFREEZE');
  assertResponse(bare, { status: 400, reason: 'Malformed callback.' });
  assert.equal(below.status, 404);
  assertAccepted(other, 'UNFREEZE');
  assert.equal(health.status, 200);
});
