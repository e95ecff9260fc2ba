/**
 * Access to the status API: with the token, on the right port. Without a configured token the routes do not exist, and
 * the two probes need none. Real service.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send } from '../helpers/callbacks.ts';
import { STATUS_TOKEN, startTestService } from '../helpers/service.ts';

const ID = 'evt_01234567-89ab-7cde-8f01-23456789abcd';
const ROUTES = [
  ['GET', '/status'],
  ['GET', '/events'],
  ['GET', `/events/${ID}`],
  ['GET', '/payments/p1'],
  ['POST', `/events/${ID}/replay`],
  ['POST', '/replays'],
  ['GET', `/replays/${ID}`],
  ['DELETE', `/replays/${ID}`],
] as const;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('without the token every route gets 401 and nothing else', async (t) => {
  for (const [method, path] of ROUTES) {
    const receiver = await startTestService(t);
    for (const headers of [{}, bearer('wrong'), bearer(`${STATUS_TOKEN}x`), { authorization: STATUS_TOKEN }]) {
      const response = await send(receiver.url, path, { method, headers });

      assert.equal(response.status, 401, `${method} ${path}`);
      assert.equal(response.headers['www-authenticate'], 'Bearer');
      assert.equal(JSON.parse(response.body).error.code, 'unauthorized');
    }
  }
});

test('a bad request without the token gets 401, not 400', async (t) => {
  const receiver = await startTestService(t);

  const response = await send(receiver.url, '/events?limit=x');

  assert.equal(response.status, 401);
});

test('the token and the previous token are accepted, with Bearer in any case', async (t) => {
  const previous = 'the-token-before-5Tg7-Yh2Lq9';
  const receiver = await startTestService(t, { env: { STATUS_TOKEN_PREVIOUS: previous } });

  for (const authorization of [`Bearer ${STATUS_TOKEN}`, `bearer ${STATUS_TOKEN}`, `Bearer ${previous}`]) {
    const response = await send(receiver.url, '/status', { headers: { authorization } });

    assert.equal(response.status, 200);
    assert.match(String(response.headers['content-type']), /^application\/json/);
  }
});

test('without STATUS_TOKEN the routes do not exist, but the probes do', async (t) => {
  const receiver = await startTestService(t, { env: { STATUS_TOKEN: '' } });

  for (const [method, path] of ROUTES) {
    const response = await send(receiver.url, path, { method, headers: bearer('') });
    assert.deepEqual([response.status, JSON.parse(response.body).error.code], [404, 'not_found'], path);
  }
  for (const path of ['/healthz', '/readyz']) assert.equal((await send(receiver.url, path)).status, 200);
});

test('with STATUS_PORT the public port serves only callbacks and /healthz', async (t) => {
  const receiver = await startTestService(t, { env: { STATUS_PORT: '0' } });
  const { callbacks, status } = receiver.service.urls;
  const headers = bearer(STATUS_TOKEN);

  assert.notEqual(callbacks, status);
  for (const [method, path] of [...ROUTES, ['GET', '/readyz'] as const]) {
    assert.equal((await send(callbacks, path, { method, headers })).status, 404, path);
  }
  assert.equal((await send(status, '/callbacks/resurs?c=UNFREEZE&p=1', { headers })).status, 404);
  assert.equal((await send(status, '/status', { headers })).status, 200);
  assert.equal((await send(status, '/readyz')).status, 200);
  for (const url of [callbacks, status]) assert.equal((await send(url, '/healthz')).status, 200);
});
