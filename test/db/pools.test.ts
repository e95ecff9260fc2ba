/**
 * A pool for each kind of work: who only looks, however many and however long, holds up neither a callback nor a delivery. The
 * pools together never make more connections than DATABASE_POOL_SIZE. Real service; the lookers wait for a locked table.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sharesOf } from '../../src/db/pools.ts';
import { startMerchant } from '../harness/merchant.ts';
import { lockTables } from '../helpers/database-state.ts';
import { callBack, deliveries, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { readScrape } from '../helpers/prometheus.ts';
import { startWorld } from '../helpers/service.ts';
import { ask } from '../helpers/status.ts';

for (const size of [1, 2, 3, 4, 10, 64, 1000]) {
  test(`the shares of ${size} are ${size} together, and each kind of work has one where there are three`, () => {
    const { callbacks, deliveries, looking } = sharesOf(size);

    assert.equal(callbacks + deliveries + looking, size);
    assert.ok(callbacks >= 1 && callbacks >= deliveries && callbacks >= looking);
    assert.ok(size < 3 || (deliveries >= 1 && looking >= 1));
  });
}

/** More lookers than there are connections, all of them waiting. */
async function lookLong(t: TestContext, size: number) {
  const merchant = await startMerchant(t);
  merchant.answerWith(({ attempt }, response) => response.writeHead(attempt === 1 ? 500 : 204).end());
  const env = webhookEnv(merchant.url, { DATABASE_POOL_SIZE: String(size) });
  const world = await startWorld(t, { env });
  await ask(world, 'GET', '/rejections');
  const lock = await lockTables(t, world.databaseUrl, 'rejections');
  let answered = 0;
  const looking = Array.from({ length: 3 * size }, async () => {
    await ask(world, 'GET', '/rejections');
    answered += 1;
  });
  return { world, answered: () => answered, end: () => lock.release().then(() => Promise.all(looking)) };
}

test('while every connection for looking is busy, callbacks are answered and deliveries, retries too, arrive', async (t) => {
  const { world, answered, end } = await lookLong(t, 5);

  await callBack(world, 'UNFREEZE', 'p1');
  await waitForStates(world, ['delivered']);
  const answeredMeanwhile = answered();
  await end();

  assert.equal(answeredMeanwhile, 0);
  assert.deepEqual(
    (await deliveries(world)).map((row) => row.attemptCount),
    [2],
  );
});

test('while every connection for looking is busy, resurs_database_up is 1', async (t) => {
  const { world, end } = await lookLong(t, 3);

  const { samples } = readScrape((await ask(world, 'GET', '/metrics')).body);
  await end();

  assert.equal(samples.get('resurs_database_up'), 1);
});

test('while the look at all deliveries fails, resurs_database_up is 1 and the figures it knows nothing of are left out', async (t) => {
  const merchant = await startMerchant(t);
  const world = await startWorld(t, { env: webhookEnv(merchant.url) });
  await callBack(world, 'UNFREEZE', 'p1');
  await waitForAttempts(world, 1);
  await world.query('alter table dead_letters rename to away');

  const { samples } = readScrape((await ask(world, 'GET', '/metrics')).body);

  assert.equal(samples.get('resurs_database_up'), 1);
  assert.ok(![...samples.keys()].some((name) => name.startsWith('resurs_deliveries_')));
});
