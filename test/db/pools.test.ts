/**
 * One pool per kind of work: status requests, however many and however slow, delay neither a callback nor a delivery.
 * The pools together never open more connections than DATABASE_POOL_SIZE. Real service; the status requests wait for a
 * locked table.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sharesOf } from '../../src/db/pools.ts';
import { waitUntil } from '../harness/wait.ts';
import { lockTables } from '../helpers/database-state.ts';
import { deliveries, sendCallback, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { parseScrape } from '../helpers/prometheus.ts';
import { startTestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

for (const size of [1, 2, 3, 4, 10, 64, 1000]) {
  test(`the shares of ${size} connections add up to ${size}, and each kind of work has one if there are three`, () => {
    const { callbacks, deliveries, background: looking } = sharesOf(size);

    assert.equal(callbacks + deliveries + looking, size);
    assert.ok(callbacks >= 1 && callbacks >= deliveries && callbacks >= looking);
    assert.ok(size < 3 || (deliveries >= 1 && looking >= 1));
  });
}

const WAITING = `
  select 1 from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query like '%rejections%'`;

/** Keeps more status requests going than there are connections; all of them wait for a locked table. */
async function blockStatusRequests(t: TestContext, size: number) {
  const merchant = await startMerchant(t);
  merchant.answerWith(({ attempt }, response) => response.writeHead(attempt === 1 ? 500 : 204).end());
  const env = webhookEnv(merchant.url, { DATABASE_POOL_SIZE: String(size) });
  const receiver = await startTestService(t, { env });
  await requestStatusApi(receiver, 'GET', '/rejections');
  const lock = await lockTables(t, receiver.databaseUrl, 'rejections');
  let isOver = false;
  const requests = Array.from({ length: 3 * size }, async () => {
    // Each is answered 503 when it has waited too long.
    while (!isOver) await requestStatusApi(receiver, 'GET', '/rejections');
  });
  const areBusy = () => waitUntil(async () => (await receiver.query(WAITING)).length > 0);
  assert.ok(await areBusy());
  async function end() {
    assert.ok(await areBusy(), 'they still wait');
    isOver = true;
    await lock.release();
    await Promise.all(requests);
  }
  return { receiver, end };
}

test('callbacks and deliveries, retries too, succeed while every connection for status requests is busy', async (t) => {
  const { receiver, end } = await blockStatusRequests(t, 5);

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['delivered']);
  await end();

  assert.deepEqual(
    (await deliveries(receiver)).map((row) => row.attemptCount),
    [2],
  );
});

test('resurs_database_up is 1 while every connection for status requests is busy', async (t) => {
  const { receiver, end } = await blockStatusRequests(t, 3);

  const { samples } = parseScrape((await requestStatusApi(receiver, 'GET', '/metrics')).body);
  await end();

  assert.equal(samples.get('resurs_database_up'), 1);
});

test('when the query of all deliveries fails, resurs_database_up is 1 and the unknown figures are left out', async (t) => {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForAttempts(receiver, 1);
  await receiver.query('alter table dead_letters rename to away');

  const { samples } = parseScrape((await requestStatusApi(receiver, 'GET', '/metrics')).body);

  assert.equal(samples.get('resurs_database_up'), 1);
  assert.ok(![...samples.keys()].some((name) => name.startsWith('resurs_deliveries_')));
});
