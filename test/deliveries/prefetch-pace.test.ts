/**
 * Deliveries that were claimed ahead for a quick merchant and cannot be sent now, since the merchant hangs, is gone or
 * the service stops, go back as they were: nobody waits for their claims to expire, and no attempt is written down that
 * was not made. Real service, Postgres and HTTP.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type Answer, startMerchant, status } from '../harness/merchant.ts';
import { storePast } from '../harness/seed-events.ts';
import { waitUntil } from '../harness/wait.ts';
import { attempts, deliveries, waitForLine, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startWorld, type World } from '../helpers/service.ts';

const COUNT = 600;
const QUICK = 200;
const CONCURRENCY = 4;

/** A backlog that becomes due at once, and a merchant who answers the first of it at once and then `behaves` so. */
async function setup(t: TestContext, behaves: Answer) {
  const merchant = await startMerchant(t);
  const quickly = status(204);
  merchant.answerWith((request, response) =>
    (merchant.received.length <= QUICK ? quickly : behaves)(request, response),
  );
  const env = webhookEnv(merchant.url, { WEBHOOK_CONCURRENCY: String(CONCURRENCY), SHUTDOWN_TIMEOUT_MS: '100' });
  const world = await startWorld(t, { env });
  await storePast(world, { count: COUNT, state: 'pending' });
  await world.query('update outbox set wake_at = now()');
  return { merchant, world };
}

async function count(world: World, state: string): Promise<number> {
  return (await deliveries(world)).filter((row) => row.state === state).length;
}

test('what a merchant who hangs cannot get now goes back unsent, and is sent when he answers again', async (t) => {
  const held: ServerResponse[] = [];
  const { merchant, world } = await setup(t, (_request, response) => void held.push(response));
  await merchant.waitFor(QUICK + CONCURRENCY);

  const expected = COUNT - QUICK - CONCURRENCY;
  const isGivenBack = await waitUntil(async () => (await count(world, 'pending')) === expected);
  const waiting = (await deliveries(world)).filter((row) => row.state === 'pending');
  merchant.answerWith(status(204));
  for (const response of held) response.writeHead(204).end();
  await waitForStates(world, ['delivered'], COUNT);

  assert.ok(isGivenBack);
  assert.deepEqual(new Set(waiting.map((row) => row.attemptCount)), new Set([0]));
  assert.equal(waiting.length, expected);
  assert.equal(merchant.received.length, COUNT);
  assert.equal((await attempts(world)).length, COUNT);
});

test('a webhook that goes down gets nothing of what was claimed ahead but its probes', async (t) => {
  const { merchant, world } = await setup(t, (_request, response) => void response.socket?.destroy());

  await waitForLine(world, 'webhook.down');
  const isGivenBack = await waitUntil(async () => (await count(world, 'delivering')) <= 1);
  const failed = merchant.received.length - QUICK;
  merchant.answerWith(status(204));
  await waitForStates(world, ['delivered'], COUNT);

  assert.ok(isGivenBack);
  assert.ok(failed >= 5 && failed <= 5 + CONCURRENCY + 1, `${failed} failed`);
  assert.equal((await attempts(world)).length, merchant.received.length);
});

test('a stop gives back what was claimed ahead', async (t) => {
  const { merchant, world } = await setup(t, () => undefined);
  await merchant.waitFor(QUICK + CONCURRENCY);

  await world.service.stop();

  const rows = await deliveries(world);
  const states = Map.groupBy(rows, (row) => row.state);
  assert.deepEqual([states.get('delivered')?.length, states.get('delivering')], [QUICK, undefined]);
  const unsent = rows.filter((row) => row.attemptCount === 0);
  assert.equal(unsent.length, COUNT - QUICK - CONCURRENCY);
  assert.equal((await attempts(world)).length, merchant.received.length);
});
