/**
 * A Merchant API that fails or asks to wait is left alone: nothing is sent for a while, then one call decides. So
 * Resurs' trouble does not grow with our calls. Real HTTP; the clock is moved on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Respond, respondJson } from '../harness/merchant-api.ts';
import { waitUntil } from '../harness/wait.ts';
import { endOf, PAUSE_MS, startMapiClient } from '../helpers/mapi-client.ts';

const broken: Respond = (_, response) => respondJson(response, 500, { code: 'INTERNAL', message: 'x' });

test('after five failures in a row nothing is sent, and the reason is told', async (t) => {
  const { api, read, client } = await startMapiClient(t);
  api.override('/v2/', broken);
  for (let call = 1; call <= 5; call += 1) assert.equal(endOf(await read()), 'refused');

  const result = await read();

  assert.ok(result.outcome === 'failed');
  const { kind, status, waitMs, text } = result.failure;
  assert.deepEqual([kind, status, waitMs], ['paused', null, PAUSE_MS]);
  assert.equal(text, 'not asked: nothing is sent for another 60 s, after failures or because Resurs asked to wait');
  assert.deepEqual([api.count('/v2/'), client.pausedMs()], [5, PAUSE_MS]);
});

test('after the pause one call is sent, and its end decides for all', async (t) => {
  const { api, read, clock } = await startMapiClient(t);
  api.override('/v2/', broken);
  for (let call = 1; call <= 5; call += 1) await read();
  clock.moveOn(PAUSE_MS);

  const failing = (await Promise.all(Array.from({ length: 8 }, () => read()))).map(endOf);
  assert.deepEqual(failing.toSorted(), [...Array(7).fill('paused'), 'refused']);
  clock.moveOn(PAUSE_MS - 1);
  assert.equal(endOf(await read()), 'paused');
  clock.moveOn(1);
  api.override('/v2/', null);
  assert.equal(endOf(await read()), 'found');

  assert.deepEqual(
    new Set((await Promise.all(Array.from({ length: 8 }, () => read()))).map(endOf)),
    new Set(['found']),
  );
  assert.equal(api.count('/v2/'), 5 + 1 + 1 + 8);
});

test('a call that was given up before it could decide leaves that to the next one', async (t) => {
  const { api, read, clock } = await startMapiClient(t);
  api.override('/v2/', broken);
  for (let call = 1; call <= 5; call += 1) await read();
  clock.moveOn(PAUSE_MS);
  api.override('/v2/', () => undefined);
  const stop = new AbortController();
  const given = Promise.allSettled([read({ signal: stop.signal })]);
  assert.ok(await waitUntil(async () => api.count('/v2/') === 6));
  assert.equal(endOf(await read()), 'paused');

  stop.abort('enough');
  await given;
  api.override('/v2/', null);

  assert.equal(endOf(await read()), 'found');
});

test('what the API refuses of single calls is no failure of it, and one good answer ends the row', async (t) => {
  const { api, read } = await startMapiClient(t);
  const unknown: Respond = (_, response) => respondJson(response, 404, { code: 'PAYMENT_NOT_FOUND' });
  for (const respond of [unknown, broken, broken, broken, broken, unknown, broken, broken, broken, broken, null]) {
    api.override('/v2/', respond);
    assert.notEqual(endOf(await read()), 'paused');
  }
  assert.equal(api.count('/v2/'), 11);
});

for (const [name, path, respond] of [
  ['time-outs', '/v2/', () => undefined],
  ['resets', '/v2/', (_, response) => void response.socket?.destroy()],
  ['pages', '/v2/', (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
  ['redirects', '/v2/', (_, response) => void response.writeHead(302, { location: '/' }).end()],
  ['refused tokens', '/v2/', (_, response) => respondJson(response, 401, {})],
  ['refused credentials', '/oauth2/token', (_, response) => respondJson(response, 401, { error: 'invalid_client' })],
  [
    'bad requests for a token',
    '/oauth2/token',
    (_, response) => respondJson(response, 400, { error: 'invalid_request' }),
  ],
  ['a token service that is away', '/oauth2/token', (_, response) => void response.writeHead(503).end()],
] as const satisfies readonly (readonly [string, string, Respond])[]) {
  test(`${name} are failures that pause`, async (t) => {
    const { api, read } = await startMapiClient(t);
    api.override(path, respond);
    for (let call = 1; call <= 5; call += 1) assert.notEqual(endOf(await read({ timeoutMs: 200 })), 'paused');
    const sent = api.requests.length;

    assert.equal(endOf(await read()), 'paused');

    assert.equal(api.requests.length, sent);
  });
}

/** By name: Retry-After as it is sent, and how long nothing is sent then, in milliseconds. */
const WAITS: readonly (readonly [string, string | null, number])[] = [
  ['in seconds', '7', 7_000],
  ['as a date', 'Fri, 20 Nov 2026 12:17:00 GMT', 20_000],
  ['as a date in the past', 'Fri, 20 Nov 2026 11:00:00 GMT', 0],
  ['that is missing', null, 10_000],
  ['that is no time', 'soon', 10_000],
  ['of a year', '31536000', 300_000],
];

for (const path of ['/v2/', '/oauth2/token']) {
  for (const [name, header, waitMs] of WAITS) {
    test(`a 429 of ${path} with a Retry-After ${name} is heeded by all clients of the account`, async (t) => {
      const { api, read, createClient, clock } = await startMapiClient(t);
      const headers = header === null ? {} : { 'retry-after': header };
      api.override(path, (_, response) => respondJson(response, 429, { code: 'TOO_MANY' }, headers));

      const limited = await read();
      api.override(path, null);
      const sent = api.requests.length;

      assert.ok(limited.outcome === 'failed');
      assert.deepEqual([limited.failure.kind, limited.failure.waitMs], ['limited', waitMs]);
      assert.equal(createClient().pausedMs(), waitMs);
      if (waitMs > 0) {
        clock.moveOn(waitMs - 1);
        assert.equal(endOf(await read()), 'paused');
        assert.equal(api.requests.length, sent);
        clock.moveOn(1);
      }
      assert.equal(endOf(await read()), 'found');
    });
  }
}

test('a good answer that was under way does not end the wait that Resurs asked for', async (t) => {
  const { api, read } = await startMapiClient(t);
  await read();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<() => void>();
  api.override('/v2/', (_, response) => onAsked(() => respondJson(response, 404, { code: 'PAYMENT_NOT_FOUND' })));
  const slow = read();
  const answer = await asked;
  api.override('/v2/', (_, response) => respondJson(response, 429, {}, { 'retry-after': '7' }));
  assert.equal(endOf(await read()), 'limited');

  answer();

  assert.equal(endOf(await slow), 'unknown');
  assert.equal(endOf(await read()), 'paused');
});
