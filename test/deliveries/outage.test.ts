/**
 * A merchant that is away for a while: it is asked rarely, by one request at a time, no event loses its tries, and all
 * of them arrive when it is back. The status page says so meanwhile. Real service; an outage of a few seconds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMerchant, status } from '../harness/merchant.ts';
import {
  callBack,
  deliveries,
  waitForAttempts,
  waitForLine,
  waitForStates,
  webhookEnv,
} from '../helpers/deliveries.ts';
import { startWorld, type World } from '../helpers/service.ts';

async function webhookState(world: World): Promise<unknown> {
  const { json } = await world.look('/status');
  return (json as { webhook: unknown }).webhook;
}

test('after five failures one probe at a time goes out, uses no try, and a success delivers everything', async (t) => {
  const merchant = await startMerchant(t);
  let inFlight = 0;
  let mostWhileDown = 0;
  let probedAtMs = 0;
  merchant.answerWith((_request, response) => {
    inFlight += 1;
    if (merchant.received.length > 5) {
      mostWhileDown = Math.max(mostWhileDown, inFlight);
      probedAtMs ||= Date.now();
    }
    response.once('close', () => {
      inFlight -= 1;
    });
    response.socket?.destroy();
  });
  const world = await startWorld(t, {
    // No retry comes before the fifth failure, however slow the machine is.
    env: webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: Array(5).fill('5s').join() }),
  });
  const before = await webhookState(world);

  for (const paymentId of ['p1', 'p2', 'p3', 'p4', 'p5']) await callBack(world, 'UNFREEZE', paymentId);
  const downLine = await waitForLine(world, 'webhook.down');
  const down = await webhookState(world);
  for (const paymentId of ['p6', 'p7', 'p8']) await callBack(world, 'UNFREEZE', paymentId);
  await waitForAttempts(world, 6);
  const firstProbeAfterMs = probedAtMs - Date.parse(String(downLine.time));
  const tries = (await deliveries(world)).map((row) => row.triesUsed);
  merchant.answerWith(status(204));
  await waitForLine(world, 'webhook.up');
  await waitForStates(world, ['delivered'], 8);

  assert.deepEqual(before, { state: 'up', lastError: null });
  assert.deepEqual(down, { state: 'down', lastError: 'UND_ERR_SOCKET' });
  assert.deepEqual([downLine.level, downLine.failuresInRow], ['error', 5]);
  assert.ok(firstProbeAfterMs >= 990, `${firstProbeAfterMs} ms`);
  assert.equal(mostWhileDown, 1);
  assert.deepEqual(tries, [1, 1, 1, 1, 1, 0, 0, 0]);
  assert.deepEqual(await webhookState(world), { state: 'up', lastError: null });
});

test('503 while down uses no try: an event outlives an outage longer than its schedule', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(status(503));
  const world = await startWorld(t, {
    env: webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1ms,1ms,1ms,1ms,1ms' }),
  });

  await callBack(world, 'UNFREEZE', 'p1');
  await waitForLine(world, 'webhook.down');
  await waitForAttempts(world, 6);
  const [during] = await deliveries(world);
  merchant.answerWith(status(204));
  const [after] = await waitForStates(world, ['delivered']);

  assert.deepEqual([during?.state, during?.triesUsed], ['pending', 5]);
  assert.equal(after?.triesUsed, 6);
});
