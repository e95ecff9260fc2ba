/** "Probe now": an operator who has repaired the webhook does not wait for the next probe. Real service. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  deliveries,
  sendCallback,
  waitForAttempts,
  waitForLine,
  waitForStates,
  webhookEnv,
} from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

interface Probe {
  readonly webhook?: { readonly state: string; readonly downSince: string; readonly nextProbeAt: string };
  readonly error?: { readonly code: string; readonly message: string };
}

async function probe(receiver: TestService): Promise<{ status: number; json: Probe }> {
  return receiver.status('/webhook/probe', 'POST');
}

/** A webhook that is down, whose five deliveries are due in an hour: by themselves they probe nothing before. */
async function setup(t: TestContext) {
  const merchant = await startMerchant(t);
  merchant.answerWith(status(500));
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1h' }) });
  const paymentIds = ['p1', 'p2', 'p3', 'p4', 'p5'];
  for (const paymentId of paymentIds) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await waitForLine(receiver, 'webhook.down');
  await waitForAttempts(receiver, paymentIds.length);
  return { merchant, receiver };
}

test('while the webhook is down, the next probe is sent at once, although no delivery is due', async (t) => {
  const { merchant, receiver } = await setup(t);
  merchant.answerWith(status(204));

  const response = await probe(receiver);

  assert.equal(response.status, 202);
  assert.deepEqual([response.json.webhook?.state, typeof response.json.webhook?.downSince], ['down', 'string']);
  assert.ok(Date.parse(response.json.webhook?.nextProbeAt ?? '') <= Date.now() + 1_000);
  await waitForLine(receiver, 'webhook.probe_requested');
  await waitForLine(receiver, 'webhook.up');
  assert.equal(merchant.received.length, 6);
  assert.equal((await deliveries(receiver)).filter(({ state }) => state === 'pending').length, 4);
});

test('a probe that fails leaves the webhook down, and can be asked for again', async (t) => {
  const { merchant, receiver } = await setup(t);

  const first = await probe(receiver);
  await merchant.waitFor(6);
  await waitForAttempts(receiver, 6);
  const second = await probe(receiver);
  await merchant.waitFor(7);

  assert.deepEqual([first.status, second.status], [202, 202]);
});

test('a webhook that is up is not probed', async (t) => {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['delivered']);

  const response = await probe(receiver);

  assert.deepEqual([response.status, response.json.error?.code], [409, 'not_down']);
  assert.equal(merchant.received.length, 1);
});

test('without a webhook nothing is probed', async (t) => {
  const receiver = await startTestService(t);

  const response = await probe(receiver);

  assert.equal(response.status, 409);
  assert.match(response.json.error?.message ?? '', /^No webhook is configured/);
});

test('an event says that it waits for the webhook to be up', async (t) => {
  const { receiver } = await setup(t);

  const { events }: { events: { summary: string }[] } = (await receiver.status('/events?paymentId=p1')).json;

  const time = String.raw`\d\d:\d\d:\d\d`;
  assert.match(
    events[0]?.summary ?? '',
    new RegExp(
      `^Shop responded with 500, 1 try so far; waits for the webhook to be up \\(down since ${time}, next probe (now|${time})\\)$`,
    ),
  );
});

test('a probe needs the token', async (t) => {
  const receiver = await startTestService(t);

  const response = await fetch(`${receiver.service.urls.status}/webhook/probe`, { method: 'POST' });

  assert.equal(response.status, 401);
});
