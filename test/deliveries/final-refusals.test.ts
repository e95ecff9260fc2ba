/**
 * A bad deploy at the merchant that answers 410 to everything must not turn every event into a dead letter: after five
 * in a row the refusal is doubted until a 2xx. Real service, real sockets.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMerchant, status } from '../harness/merchant.ts';
import { attempts, callBack, deliveries, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startWorld } from '../helpers/service.ts';

test('five refusals in a row are believed, the sixth is tried again until a 2xx, and then they are believed again', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(status(410));
  const world = await startWorld(t, { env: webhookEnv(merchant.url) });
  for (const paymentId of ['p1', 'p2', 'p3', 'p4', 'p5']) await callBack(world, 'UNFREEZE', paymentId);
  await waitForStates(world, ['dead_letter'], 5);

  await callBack(world, 'UNFREEZE', 'p6');
  await waitForAttempts(world, 6);
  const doubted = (await deliveries(world)).at(-1);
  merchant.answerWith(status(200));
  await merchant.waitFor(7);
  await waitForStates(world, ['dead_letter', 'delivered'], 6);
  merchant.answerWith(status(422));
  await callBack(world, 'UNFREEZE', 'p7');
  await waitForStates(world, ['dead_letter', 'delivered'], 7);

  assert.deepEqual([doubted?.state, doubted?.triesUsed], ['pending', 1]);
  assert.deepEqual(
    (await deliveries(world)).map((row) => row.state),
    [...Array(5).fill('dead_letter'), 'delivered', 'dead_letter'],
  );
  assert.deepEqual(
    (await attempts(world)).filter((row) => row.paymentId === 'p6').map((row) => row.status),
    [410, 200],
  );
});
