/**
 * The token of the Merchant API: asked for once, renewed in time and when it is refused, whatever its lifetime is said to
 * be. A token that was not renewed would stop all callbacks that have to be confirmed. Real HTTP; the clock is moved on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { respondJson } from '../harness/merchant-api.ts';
import { waitUntil } from '../harness/wait.ts';
import { failureOf, NEVER } from '../helpers/fake-account.ts';
import { endOf, limitsOf, PAYMENT_ID, startMapiClient, tokensAsked } from '../helpers/mapi-client.ts';

const MINUTE_MS = 60_000;

test('a token is asked for by client credentials, in a form', async (t) => {
  const { api, read } = await startMapiClient(t);

  assert.equal(endOf(await read()), 'found');

  const [request, payment] = api.requests;
  const { method, path, headers, body } = request ?? assert.fail();
  assert.deepEqual(
    [method, path, headers['content-type'], headers.authorization],
    ['POST', '/oauth2/token', 'application/x-www-form-urlencoded', undefined],
  );
  assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
    client_id: api.clientId,
    client_secret: api.clientSecret,
    scope: 'merchant-api',
    grant_type: 'client_credentials',
  });
  assert.match(payment?.headers.authorization ?? '', /^Bearer token-/);
});

test('a token is used until a minute before its end, and then renewed while calls go on with it', async (t) => {
  const { api, read, clock } = await startMapiClient(t);
  await read();
  clock.moveOn(3_538_000);
  await read();
  assert.equal(tokensAsked(api), 1);

  clock.moveOn(1_500);
  assert.equal(endOf(await read()), 'found');
  assert.ok(await waitUntil(async () => tokensAsked(api) === 2));
  clock.moveOn(58_000);
  await read();

  assert.equal(tokensAsked(api), 2);
});

test('many callers without a token share one renewal', async (t) => {
  const { api, read } = await startMapiClient(t);

  const ends = (await Promise.all(Array.from({ length: 20 }, () => read()))).map(endOf);

  assert.deepEqual([new Set(ends), tokensAsked(api)], [new Set(['found']), 1]);
});

test('a token that is refused is renewed once, by one caller for all', async (t) => {
  const { api, read } = await startMapiClient(t);
  await read();
  api.endTokens();

  const ends = (await Promise.all(Array.from({ length: 20 }, () => read()))).map(endOf);

  assert.deepEqual([new Set(ends), tokensAsked(api)], [new Set(['found']), 2]);
});

test('where the new token is refused, too, the credentials are at fault', async (t) => {
  const { api, client, read } = await startMapiClient(t);
  await read();
  api.override('/v2/', (_, response) => respondJson(response, 401, { code: 'UNAUTHORIZED', message: 'no' }));

  const failure = failureOf(await client.stores(limitsOf()));

  assert.deepEqual([failure.kind, failure.status, failure.text], ['credentials', 401, 'no']);
  assert.deepEqual([tokensAsked(api), api.count('/v2/stores')], [2, 2]);
});

test('while a renewal fails, calls go on with the token until its end; it is tried again every ten seconds', async (t) => {
  const { api, read, clock } = await startMapiClient(t);
  await read();
  api.override('/oauth2/token', (_, response) => response.writeHead(503).end());
  clock.moveOn(3_540_000);

  for (let call = 0; call < 5; call += 1) assert.equal(endOf(await read()), 'found');
  assert.ok(await waitUntil(async () => tokensAsked(api) === 2));
  // Its refusal has arrived before the answers to these.
  for (let call = 0; call < 2; call += 1) assert.equal(endOf(await read()), 'found');
  clock.moveOn(10_000);
  assert.equal(endOf(await read()), 'found');
  assert.ok(await waitUntil(async () => tokensAsked(api) === 3));
  clock.moveOn(50_000);

  assert.equal(endOf(await read()), 'refused');
  api.override('/oauth2/token', null);
  assert.equal(endOf(await read()), 'found');
});

test('a renewal that hangs delays no request with a valid token', async (t) => {
  const { api, read, clock } = await startMapiClient(t);
  await read();
  api.override('/oauth2/token', () => undefined);
  clock.moveOn(3_550_000);

  assert.equal(endOf(await read()), 'found');
  assert.equal(endOf(await read()), 'found');
});

test('whoever gives up waiting for a token does not end its renewal', async (t) => {
  const { api, tokens } = await startMapiClient(t);
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<() => void>();
  api.override('/oauth2/token', (_, response) => {
    onAsked(() => respondJson(response, 200, { access_token: 'late', expires_in: 3599 }));
  });
  const stop = new AbortController();

  const given = Promise.allSettled([tokens.token(stop.signal)]);
  const grant = await asked;
  stop.abort('enough');
  assert.deepEqual(await given, [{ status: 'rejected', reason: 'enough' }]);
  grant();

  assert.deepEqual(await tokens.token(NEVER), { outcome: 'done', value: 'late' });
  assert.equal(tokensAsked(api), 1);
});

/** By name: the members beside the token, and how long it is used, in milliseconds; 0: for the calls that asked for it. */
const LIFETIMES: Readonly<Record<string, readonly [object, number]>> = {
  'an hour': [{ expires_in: 3600 }, 59 * MINUTE_MS],
  'two minutes': [{ expires_in: 120 }, MINUTE_MS],
  'ten seconds': [{ expires_in: 10 }, 5_000],
  'a text of an hour': [{ expires_in: '3600' }, 59 * MINUTE_MS],
  'a fraction': [{ expires_in: 120.9 }, 60_900],
  'no lifetime': [{}, 4 * MINUTE_MS],
  null: [{ expires_in: null }, 4 * MINUTE_MS],
  'a word': [{ expires_in: 'soon' }, 4 * MINUTE_MS],
  'a list': [{ expires_in: [] }, 4 * MINUTE_MS],
  nothing: [{ expires_in: 0 }, 0],
  'the past': [{ expires_in: -3600 }, 0],
  'a thousand years': [{ expires_in: 31_536_000_000 }, 86_400_000 - MINUTE_MS],
};

test('a token is used no longer than its lifetime says, however it is told', async (t) => {
  for (const [name, [members, usedMs]] of Object.entries(LIFETIMES)) {
    const { api, read, clock } = await startMapiClient(t);
    api.tokenMembers = members;

    assert.equal(endOf(await read()), 'found', name);
    if (usedMs > 0) {
      clock.moveOn(usedMs - 1);
      assert.equal(endOf(await read()), 'found', name);
      assert.equal(tokensAsked(api), 1, name);
      clock.moveOn(1);
    }
    assert.equal(endOf(await read()), 'found', name);
    assert.ok(await waitUntil(async () => tokensAsked(api) === 2), name);
  }
});

test('a lifetime that is larger than any number is taken as not told', async (t) => {
  const { api, read, clock } = await startMapiClient(t);
  api.override('/oauth2/token', (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"access_token": "unknown-there", "expires_in": 1e999}');
  });

  assert.equal(endOf(await read()), 'credentials');
  clock.moveOn(1);

  assert.equal(tokensAsked(api), 2);
});

test('another scope is tried where the usual one is refused, and kept', async (t) => {
  for (const [otherScope, expected] of [
    ['mock-merchant-api', ['merchant-api', 'mock-merchant-api', 'mock-merchant-api']],
    [null, ['merchant-api', 'merchant-api']],
  ] as const) {
    const { api, read, clock } = await startMapiClient(t, { otherScope });
    const scopes: (string | null)[] = [];
    api.override('/oauth2/token', ({ body }, response) => {
      const scope = new URLSearchParams(body).get('scope');
      scopes.push(scope);
      if (scope === 'merchant-api') return respondJson(response, 400, { error: 'invalid_scope' });
      return respondJson(response, 200, { access_token: 'granted', expires_in: 0 });
    });
    api.override('/v2/', (_, response) => respondJson(response, 404, { code: 'NOT_FOUND' }));

    const ends = [endOf(await read())];
    clock.moveOn(1);
    ends.push(endOf(await read()));

    assert.deepEqual(scopes, expected);
    assert.deepEqual(ends, otherScope === null ? ['refused', 'refused'] : ['unknown', 'unknown']);
  }
});

test('where both scopes are refused, the failure is about the one that was set', async (t) => {
  const { api, client } = await startMapiClient(t, { scope: 'own-scope', otherScope: 'mock-merchant-api' });
  api.override('/oauth2/token', ({ body }, response) => {
    const description = `no ${new URLSearchParams(body).get('scope')}`;
    respondJson(response, 400, { error: 'invalid_scope', error_description: description });
  });

  const failure = failureOf(await client.stores(limitsOf()));

  assert.deepEqual(
    [failure.operation, failure.code, failure.text],
    ['POST /oauth2/token', 'invalid_scope', 'no own-scope'],
  );
});

test('a response without a token that a header can hold is not understood', async (t) => {
  const { api, client } = await startMapiClient(t);
  for (const body of [
    {},
    { access_token: '' },
    { access_token: 7 },
    { access_token: 'a\nb' },
    { access_token: 'ö' },
    [],
  ]) {
    api.override('/oauth2/token', (_, response) => respondJson(response, 200, body));

    const result = await client.payment(PAYMENT_ID, limitsOf());

    assert.ok(['not_understood', 'paused'].includes(endOf(result)), JSON.stringify(body));
  }
  assert.equal(api.count('/v2/'), 0);
});
