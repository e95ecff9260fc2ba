/**
 * `simulate --mapi` against the real receiver with the same environment: every callback is answered as the command
 * expects, with a token and without one, and what it stores can be removed. Real Postgres and HTTP.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import { MAPI_CUSTOMER } from '../../src/simulator/api/mapi/payment-json.ts';
import { freePort } from '../harness/listen.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { runCommand } from '../helpers/run-command.ts';
import { startTestService, WEBHOOK_SECRET } from '../helpers/service.ts';

const PATHS = { MAPI_CALLBACK_PATHS: '/callbacks/mapi' };
const TOKEN = { MAPI_CALLBACK_TOKEN: 'a-token-of-the-merchant-api-5Tq8' };
const CLIENT = { MAPI_CLIENT_ID: 'shop', MAPI_CLIENT_SECRET: 'a-secret-of-the-merchant-api' };
const OWNERSHIP = { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'sim-[0-9]+' };

for (const { name, env, args, stored } of [
  { name: 'a token', env: { ...TOKEN, ...OWNERSHIP }, args: [], stored: 16 },
  { name: 'a token, and the kind in the query', env: TOKEN, args: ['--form', 'query'], stored: 17 },
  { name: 'the Merchant API', env: { ...CLIENT, ...OWNERSHIP }, args: [], stored: 13 },
  {
    name: 'the Merchant API, where rejected callbacks are accepted',
    env: { ...CLIENT, ...OWNERSHIP, ACCEPT_REJECTED_CALLBACKS: 'true' },
    args: ['--form', 'query'],
    stored: 13,
  },
]) {
  test(`a receiver that is configured with ${name} answers every callback as expected`, async (t) => {
    const all: Record<string, string> = { ...PATHS, ...env, MAPI_URL: `http://127.0.0.1:${await freePort()}` };
    const { url, query } = await startTestService(t, { env: all });

    const target = `${url}/callbacks/mapi`;
    const { exitCode, out } = await runCommand(simulate, ['--mapi', target, '--first', 'sim-1', ...args], all);

    assert.equal(exitCode, 0, out);
    const [row] = await query<{ events: number }>('select count(*)::int as events from events');
    assert.equal(row?.events, stored);
  });
}

test('with snapshots the shop gets what the simulated Merchant API holds, and nothing about the customer', async (t) => {
  const merchant = await startMerchant(t);
  const all: Record<string, string> = {
    ...PATHS,
    ...TOKEN,
    ...CLIENT,
    MAPI_URL: `http://127.0.0.1:${await freePort()}`,
    PAYMENT_SNAPSHOT: 'on',
    WEBHOOK_URL: merchant.url,
    WEBHOOK_SECRET,
  };
  const { url, query, logText } = await startTestService(t, { env: all });

  const args = ['--mapi', `${url}/callbacks/mapi`, '--first', 'sim-1', '--payments', '1', '--only', 'AUTHORIZATION'];
  const { exitCode, out } = await runCommand(simulate, args, all);
  await merchant.waitFor(2);

  assert.equal(exitCode, 0, out);
  const payloads = merchant.received.map(({ body }) => JSON.parse(body).data);
  assert.deepEqual(
    payloads.map(({ orderReference, payment }) => [orderReference, payment?.orderReference, payment?.state]).sort(),
    [
      ['FOREIGN-ORDER-1', 'FOREIGN-ORDER-1', 'authorized'],
      ['sim-1', 'sim-1', 'authorized'],
    ],
  );
  const kept =
    JSON.stringify(await query('select * from events')) + merchant.received.map(({ body }) => body) + logText();
  for (const text of [MAPI_CUSTOMER.governmentId, MAPI_CUSTOMER.email, 'Kundsson']) assert.ok(!kept.includes(text));
});

test('a question of the shop after the callbacks is answered too', async (t) => {
  const merchant = await startMerchant(t);
  const all: Record<string, string> = {
    ...PATHS,
    ...TOKEN,
    ...CLIENT,
    MAPI_URL: `http://127.0.0.1:${await freePort()}`,
    WEBHOOK_URL: merchant.url,
    WEBHOOK_SECRET,
  };
  const { url, status } = await startTestService(t, { env: all });
  const args = ['--mapi', `${url}/callbacks/mapi`, '--first', 'sim-1', '--payments', '1', '--only', 'MANAGEMENT'];

  const run = runCommand(simulate, args, { ...all, STATUS_TOKEN: 'a-status-token-of-the-tests-4Rt7' });
  await merchant.waitFor(3);
  await wait(500);
  const { json } = await status('/payments/sim-1/now');

  assert.equal((json as { payment?: { state: string } }).payment?.state, 'partially_refunded', JSON.stringify(json));
  assert.equal((await run).exitCode, 0);
});
