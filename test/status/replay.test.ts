/**
 * Replay of a finished delivery: with the same id, with the attempts counted on, and only when the delivery is
 * finished. Real service and merchant.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { SALT, send } from '../helpers/callbacks.ts';
import { attempts, deliveries, sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { startTestService } from '../helpers/service.ts';

interface Replayed {
  readonly summary: string;
  readonly id: string;
  readonly delivery: { readonly state: string; readonly attemptCount: number };
  readonly attempts: readonly unknown[];
}

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const merchant = await startMerchant(t);
  return { merchant, receiver: await startTestService(t, { env: webhookEnv(merchant.url, env) }) };
}

test('the replay of a dead letter gets 202 with the event and delivers it with its id, counting on', async (t) => {
  const { merchant, receiver } = await setup(t);
  merchant.answerWith(status(410));
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [dead] = await waitForStates(receiver, ['dead_letter']);
  merchant.answerWith(status(204));

  const response = await receiver.status(`/events/${dead?.id}/replay`, 'POST');
  const [delivery] = await waitForStates(receiver, ['delivered']);

  const replayed: Replayed = response.json;
  assert.equal(response.status, 202);
  assert.equal(replayed.id, dead?.id);
  assert.match(replayed.summary, /^Put back to be sent again\. \w/);
  assert.deepEqual(
    merchant.received.map((one) => [one.id, one.attempt]),
    [
      [dead?.id, 1],
      [dead?.id, 2],
    ],
  );
  assert.equal(merchant.received[0]?.body, merchant.received[1]?.body);
  assert.deepEqual([delivery?.attemptCount, delivery?.triesUsed], [2, 1]);
  assert.equal((await attempts(receiver)).length, 2);
});

test('a replay has a schedule of its own', async (t) => {
  const { merchant, receiver } = await setup(t);
  merchant.answerWith(status(500));
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [dead] = await waitForStates(receiver, ['dead_letter']);

  // One failure fewer than opens the circuit breaker.
  merchant.answerWith((request, response) => response.writeHead(request.attempt < 5 ? 500 : 204).end());
  await receiver.status(`/events/${dead?.id}/replay`, 'POST');
  const [delivery] = await waitForStates(receiver, ['delivered']);

  assert.deepEqual([delivery?.attemptCount, delivery?.triesUsed], [5, 2]);
});

test('the replay of an unfinished or missing delivery gets 409 and changes nothing', async (t) => {
  const { merchant, receiver } = await setup(t, { WEBHOOK_RETRY_SCHEDULE: '1h' });
  const digest = computeDigest('sha1', '', SALT);
  await send(receiver.url, `/callbacks/resurs?c=TEST&d=${digest}`);
  merchant.answerWith((request, response) => {
    if (request.body.includes('"failing"')) response.writeHead(500).end();
  });
  for (const paymentId of ['failing', 'hanging']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await merchant.waitFor(2);
  const { events }: { events: { id: string; paymentId: string | null }[] } = (await receiver.status('/events')).json;
  const before = await deliveries(receiver);

  for (const { id, paymentId } of events) {
    const { status: code, json } = await receiver.status(`/events/${id}/replay`, 'POST');

    const { error }: { error: { code: string } } = json;
    assert.deepEqual([code, error.code], [409, paymentId === null ? 'no_delivery' : 'unfinished']);
  }
  const counts = (rows: typeof before) => rows.map((row) => [row.replayed, row.attemptCount]);
  assert.deepEqual(counts(await deliveries(receiver)), counts(before));
  merchant.answerWith(status(204));
});

test('without a webhook a replay is accepted and held', async (t) => {
  const { receiver } = await setup(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [delivery] = await waitForStates(receiver, ['delivered']);
  await receiver.service.stop();
  const withoutWebhook = await startTestService(t, { databaseUrl: receiver.databaseUrl });

  const { status: code, json } = await withoutWebhook.status(`/events/${delivery?.id}/replay`, 'POST');

  const replayed: Replayed = json;
  assert.deepEqual([code, replayed.delivery.state, replayed.attempts.length], [202, 'held', 1]);
});

test('two concurrent replays send once', async (t) => {
  const { merchant, receiver } = await setup(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [delivery] = await waitForStates(receiver, ['delivered']);
  const { promise: requested, resolve } = Promise.withResolvers<() => void>();
  merchant.answerWith((_request, response) => resolve(() => response.writeHead(204).end()));

  const path = `/events/${delivery?.id}/replay`;
  const responses = await Promise.all([receiver.status(path, 'POST'), receiver.status(path, 'POST')]);
  (await requested)();
  await waitForStates(receiver, ['delivered']);

  assert.deepEqual(responses.map((response) => response.status).toSorted(), [202, 409]);
  assert.equal(merchant.received.length, 2);
});
