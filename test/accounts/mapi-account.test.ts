/**
 * The account of the Merchant API as the settings name it: its scope, its address over IPv4, one token and one requested
 * wait for all its clients; and the search for an order in its stores. Real HTTP.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createMapiAccount } from '../../src/accounts/mapi-account.ts';
import { createOrderSearch, isOrderReference } from '../../src/accounts/order-search.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { respondJson, startMerchantApi } from '../harness/merchant-api.ts';
import { DIGEST_KEY, validConfig } from '../helpers/config.ts';
import { createTestClock, endOf, limitsOf, PAYMENT_ID } from '../helpers/mapi-client.ts';

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const api = await startMerchantApi();
  api.hold(PAYMENT_ID);
  // Only an IPv4 address of this name has a listener.
  const url = api.url.replace('127.0.0.1', 'localhost');
  const account = { MAPI_CLIENT_ID: api.clientId, MAPI_CLIENT_SECRET: api.clientSecret, MAPI_URL: url };
  const created = createMapiAccount(validConfig({ DIGEST_KEY, ...account, ...env }), systemClock);
  if (created === null) assert.fail('no account');
  t.after(() => Promise.all([created.close(), api.close()]));
  return { api, account: created };
}

test('without credentials there is no account', () => {
  assert.equal(createMapiAccount(validConfig({ DIGEST_KEY }), systemClock), null);
});

test('the clients of an account share its token and a wait that Resurs asks for, and each has its own pause', async (t) => {
  const { api, account } = await setup(t);
  const [one, other] = [account.client(60_000), account.client(60_000)];

  assert.deepEqual(
    [await one.payment(PAYMENT_ID, limitsOf()), await other.payment(PAYMENT_ID, limitsOf())].map(endOf),
    ['found', 'found'],
  );
  assert.equal(api.count('/oauth2/token'), 1);
  api.override('/v2/', (_, response) => respondJson(response, 500, {}));
  for (let call = 0; call < 5; call += 1) await one.payment(PAYMENT_ID, limitsOf());
  assert.deepEqual([one.pausedMs() > 0, other.pausedMs()], [true, 0]);
  api.override('/v2/', (_, response) => respondJson(response, 429, {}, { 'retry-after': '100' }));
  await other.payment(PAYMENT_ID, limitsOf());
  assert.ok(one.pausedMs() > 60_000 && other.pausedMs() > 60_000);
});

test('the scope of test accounts is tried in the test environment alone', async (t) => {
  for (const [environment, scopes] of [
    ['test', ['merchant-api', 'mock-merchant-api']],
    ['production', ['merchant-api']],
  ] as const) {
    const { api, account } = await setup(t, { RESURS_ENVIRONMENT: environment });
    api.override('/oauth2/token', (_, response) => respondJson(response, 400, { error: 'invalid_scope' }));

    assert.equal(endOf(await account.client(1).payment(PAYMENT_ID, limitsOf())), 'refused');

    assert.deepEqual(
      api.requests.map(({ body }) => new URLSearchParams(body).get('scope')),
      scopes,
    );
  }
});

test('an account that is closed ends what is in flight', async (t) => {
  const { api, account } = await setup(t);
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  api.override('/v2/', () => resolve());
  const reading = account.client(1).payment(PAYMENT_ID, limitsOf());
  await asked;

  await account.close();

  assert.equal(endOf(await reading), 'unreachable');
});

test('the stores are asked for once a day, and again after a failure', async (t) => {
  const { api, account } = await setup(t);
  const clock = createTestClock();
  const search = createOrderSearch({ client: account.client(1), storeId: null, clock });
  const find = async () => endOf(await search.find('order-0a1b2c3d', limitsOf()));
  api.override('/v2/stores', (_, response) => respondJson(response, 500, {}));

  assert.equal(await find(), 'refused');
  api.override('/v2/stores', null);
  for (let call = 0; call < 3; call += 1) assert.equal(await find(), 'found');
  assert.equal(api.count('/v2/stores'), 2);
  clock.moveOn(86_400_000);
  assert.equal(await find(), 'found');

  assert.equal(api.count('/v2/stores'), 3);
});

test('an order is found in whichever store it is, and what a search gives for another reference is left out', async (t) => {
  const { api, account } = await setup(t);
  const ids = Array.from({ length: 12 }, (_, index) => `store-${index}`);
  api.override('/v2/stores', (_, response) => respondJson(response, 200, { content: ids.map((id) => ({ id })) }));
  api.override('/v2/payments/search', ({ body }, response) => {
    const { storeId } = JSON.parse(body) as { storeId: string };
    const other = { id: 'b', status: 'ACCEPTED', order: { orderReference: 'order-10' } };
    const own = { id: PAYMENT_ID, status: 'ACCEPTED', order: { orderReference: 'order-1' } };
    respondJson(response, 200, { content: storeId === 'store-11' ? [{}, other, own] : [other] });
  });
  const search = createOrderSearch({ client: account.client(1), storeId: null, clock: systemClock });

  const found = await search.find('order-1', limitsOf());
  const none = await search.find('order-2', limitsOf());

  assert.equal(found.outcome === 'found' && found.payment.id, PAYMENT_ID);
  assert.equal(none.outcome, 'unknown');
});

test('references are those that Resurs takes', () => {
  for (const [text, is] of [
    ['100000016', true],
    ['A_b-1', true],
    [PAYMENT_ID, true],
    ['x'.repeat(37), false],
    ['', false],
    ['a b', false],
    ['ö', false],
  ] as const)
    assert.equal(isOrderReference(text), is, text);
});
