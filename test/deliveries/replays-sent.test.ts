/**
 * What the merchant receives from a replay of many: the same events under the same ids, with continued attempt numbers,
 * on a fresh schedule, in order among themselves and never delaying new events. Real HTTP, real Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seedEvents } from '../harness/seed-events.ts';
import { waitUntil } from '../harness/wait.ts';
import {
  attempts,
  deliveries,
  sendCallback,
  waitForAttempts,
  waitForStates,
  webhookEnv,
} from '../helpers/deliveries.ts';
import { type Received, startMerchant, status } from '../helpers/merchant.ts';
import { postReplays } from '../helpers/replays.ts';
import { startTestService } from '../helpers/service.ts';

const LIFECYCLE = ['BOOKED', 'UNFREEZE', 'FINALIZATION'];

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, env) });
  return { merchant, receiver };
}

function seen({ body, attempt }: Received): string {
  const { callback, paymentId } = JSON.parse(body).data;
  return `${paymentId} ${callback} ${attempt}`;
}

test('a replay sends the same bytes under the same ids, with the next attempt number', async (t) => {
  const { merchant, receiver } = await setup(t);
  for (const paymentId of ['p1', 'p2', 'p3']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await waitForStates(receiver, ['delivered'], 3);
  const known = new Map(merchant.received.map((one) => [one.id, one.body]));

  const response = await postReplays(receiver, { state: 'delivered' });
  await merchant.waitFor(6);

  assert.deepEqual(response, { status: 202, json: { count: 3, summary: '3 deliveries will be sent again.' } });
  for (const again of merchant.received.slice(3)) {
    assert.deepEqual([again.attempt, again.body], [2, known.get(again.id)]);
  }
  assert.equal(new Set(merchant.received.slice(3).map((one) => one.id)).size, 3);
});

test('a replayed dead letter gets its whole schedule again, and its earlier attempts are kept', async (t) => {
  const { merchant, receiver } = await setup(t);
  merchant.answerWith(status(400, {}, 'first round'));
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['dead_letter']);
  const firstRound = await attempts(receiver);

  merchant.answerWith(status(404, {}, 'second round'));
  await postReplays(receiver, { state: 'dead_letter' });
  await waitForAttempts(receiver, 6);
  const [row] = await waitForStates(receiver, ['dead_letter']);

  const all = await attempts(receiver);
  assert.deepEqual([row?.attemptCount, row?.triesUsed], [6, 3]);
  assert.deepEqual(all.slice(0, 3), firstRound);
  assert.deepEqual(
    all.map((one) => [one.number, one.status, one.answer]),
    [1, 2, 3, 4, 5, 6].map((number) => [number, ...(number <= 3 ? [400, 'first round'] : [404, 'second round'])]),
  );
});

test('a replayed delivery has no try used and is due at once', async (t) => {
  const { merchant, receiver } = await setup(t);
  merchant.answerWith(status(410));
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['dead_letter']);
  const withoutWebhook = await startTestService(t, { databaseUrl: receiver.databaseUrl });
  await receiver.service.stop();

  await postReplays(withoutWebhook, { paymentId: 'p1' });

  const [row] = await deliveries(withoutWebhook);
  assert.deepEqual([row?.state, row?.replayed, row?.attemptCount, row?.triesUsed], ['pending', true, 1, 0]);
  assert.ok((row?.waitMs ?? 1) <= 0);
});

test('replayed events of a payment arrive in order among themselves, for many payments at a time', async (t) => {
  const { merchant, receiver } = await setup(t, { WEBHOOK_RETRY_SCHEDULE: Array(9).fill('5ms').join(',') });
  const payments = ['p1', 'p2', 'p3', 'p4'];
  for (const type of LIFECYCLE) await Promise.all(payments.map((paymentId) => sendCallback(receiver, type, paymentId)));
  await waitForStates(receiver, ['delivered'], 12);
  let count = 0;
  merchant.answerWith((_request, response) => {
    count += 1;
    response.writeHead(count % 4 === 0 ? 500 : 204).end();
  });

  await postReplays(receiver, { from: '2020-01-01' });
  const isOver = async () =>
    (await deliveries(receiver)).every((row) => row.attemptCount >= 2 && row.state === 'delivered');
  assert.ok(await waitUntil(isOver));

  for (const paymentId of payments) {
    const again = merchant.received
      .slice(12)
      .map(seen)
      .filter((text) => text.startsWith(`${paymentId} `));
    assert.deepEqual([...new Set(again.map((text) => text.split(' ')[1]))], LIFECYCLE, again.join(', '));
  }
});

test('replayed events that fail do not delay a new event of their payment', async (t) => {
  const { merchant, receiver } = await setup(t, { WEBHOOK_RETRY_SCHEDULE: '1h' });
  for (const type of LIFECYCLE) await sendCallback(receiver, type, 'p1');
  await waitForStates(receiver, ['delivered'], 3);
  merchant.answerWith((request, response) => response.writeHead(seen(request).endsWith(' 2') ? 500 : 204).end());
  await postReplays(receiver, { paymentId: 'p1' });
  await waitForAttempts(receiver, 4);

  await sendCallback(receiver, 'ANNULMENT', 'p1');
  await merchant.waitFor(5);

  assert.deepEqual(merchant.received.slice(3).map(seen), ['p1 BOOKED 2', 'p1 ANNULMENT 1']);
  const states = (await deliveries(receiver)).slice(0, 3).map((row) => [row.state, row.attemptCount]);
  assert.deepEqual(states, [
    ['pending', 2],
    ['pending', 1],
    ['pending', 1],
  ]);
});

test('a replay does not change a delivery that is being sent for another replay', async (t) => {
  const { merchant, receiver } = await setup(t);
  const respondAll: (() => void)[] = [];
  for (const paymentId of ['p1', 'p2']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await waitForStates(receiver, ['delivered'], 2);
  merchant.answerWith((_request, response) => void respondAll.push(() => response.writeHead(204).end()));
  await postReplays(receiver, { paymentId: 'p1' });
  await merchant.waitFor(3);

  const second = await postReplays(receiver, { state: 'delivered' });
  await merchant.waitFor(4);
  for (const respond of respondAll) respond();
  await waitForStates(receiver, ['delivered'], 2);

  assert.equal(second.json.count, 1);
  assert.deepEqual(merchant.received.slice(2).map(seen).sort(), ['p1 UNFREEZE 2', 'p2 UNFREEZE 2']);
});

test('600 events replayed at once all arrive, each once', async (t) => {
  const { merchant, receiver } = await setup(t);
  await seedEvents(receiver, { count: 570 });
  await seedEvents(receiver, { count: 30, payment: 'one', isOnePayment: true, state: 'dead_letter' });

  const response = await postReplays(receiver, { from: '2020-01-01' });
  await merchant.waitFor(600);
  await waitForStates(receiver, ['delivered'], 600);

  assert.equal(response.json.count, 600);
  assert.equal(merchant.received.length, 600);
  assert.equal(new Set(merchant.received.map((one) => one.id)).size, 600);
  const sequences = merchant.received
    .map((one) => JSON.parse(one.body).data)
    .filter((data) => data.paymentId === 'one')
    .map((data) => data.sequence);
  assert.deepEqual(
    sequences,
    sequences.toSorted((a, b) => a - b),
  );
});
