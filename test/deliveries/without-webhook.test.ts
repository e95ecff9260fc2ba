/**
 * Nothing is dropped without a webhook: without WEBHOOK_URL deliveries are stored and shown as held, and are sent when
 * a service with a webhook starts on the same database. TEST events are forwarded only if configured.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { SALT, send } from '../helpers/callbacks.ts';
import { deliveries, sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

/** A TEST as Resurs sends it, with the digest over its five values. */
async function sendTest(receiver: TestService): Promise<void> {
  const digest = computeDigest('sha1', 'abcde', SALT);
  const query = `c=TEST&param1=a&param2=b&param3=c&param4=d&param5=e&d=${digest}`;
  const response = await send(receiver.url, `/callbacks/resurs?${query}`);
  assert.equal(response.reason, 'Test OK');
}

test('without a webhook events are held, and a service with one delivers them in order', async (t) => {
  const before = await startTestService(t);
  for (const type of ['BOOKED', 'UNFREEZE', 'FINALIZATION']) await sendCallback(before, type, 'p1');
  const { json: held } = await before.status('/events?state=held');
  const { json: pending } = await before.status('/events?state=pending');
  await before.service.stop();

  const merchant = await startMerchant(t);
  const after = await startTestService(t, { env: webhookEnv(merchant.url), databaseUrl: before.databaseUrl });
  await waitForStates(after, ['delivered'], 3);

  const { events } = held as { events: { delivery: { state: string }; summary: string }[] };
  assert.deepEqual(
    events.map((event) => [event.delivery.state, event.summary]),
    [1, 2, 3].map(() => ['held', 'Stored; no webhook configured']),
  );
  assert.deepEqual(pending, { events: [], next: null });
  assert.deepEqual(
    merchant.received.map((one) => JSON.parse(one.body).type),
    ['payment.booked', 'payment.unfrozen', 'payment.finalized'],
  );
});

test('a TEST event is stored and not forwarded', async (t) => {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });

  await sendTest(receiver);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await merchant.waitFor(1);

  assert.deepEqual(
    (await deliveries(receiver)).map((row) => row.callback),
    ['UNFREEZE'],
  );
  const { json } = await receiver.status('/events?callback=TEST');
  const [event] = (json as { events: { delivery: unknown; summary: string }[] }).events;
  assert.deepEqual([event?.delivery, event?.summary], [null, 'Stored; this kind of event is not forwarded']);
});

test('with FORWARD_TEST_CALLBACKS a TEST event is forwarded as callback.test', async (t) => {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, { FORWARD_TEST_CALLBACKS: 'true' }) });

  await sendTest(receiver);
  const [request] = await merchant.waitFor(1);

  const { type, data } = JSON.parse(request?.body ?? '');
  assert.deepEqual([type, data.paymentId], ['callback.test', null]);
  assert.deepEqual(data.parameters, { param1: 'a', param2: 'b', param3: 'c', param4: 'd', param5: 'e' });
});
