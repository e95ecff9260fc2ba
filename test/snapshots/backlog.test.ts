/**
 * A backlog, as after an outage of the webhook, is sent at the pace at which Resurs answers, and no event of it lacks its
 * payment. Real service, Postgres, merchant and HTTP.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { startTestService } from '../helpers/service.ts';
import { dataOf, startEcom } from './snapshots.ts';

const EVENTS = 400;

test('a backlog of more events than may be held is sent, each with its payment', async (t) => {
  const [merchant, ecom, outbox] = await Promise.all([startMerchant(t), startEcom(t), createTestOutbox(t)]);
  await outbox.store(Array.from({ length: EVENTS }, (_, n) => `p${n}`));

  const env = webhookEnv(merchant.url, { PAYMENT_SNAPSHOT: 'on', ...ecom.env });
  const receiver = await startTestService(t, { env, databaseUrl: outbox.url });
  await waitForStates(receiver, ['delivered'], EVENTS);

  assert.equal(merchant.received.length, EVENTS);
  assert.ok(merchant.received.map(dataOf).every(({ payment, paymentId }) => payment?.orderReference === paymentId));
  // On a busy machine a claim may expire before its request, or a connection take too long.
  const { accepted = [], ...others } = Object.groupBy(await attempts(receiver), ({ outcome }) => outcome);
  assert.equal(accepted.length, EVENTS);
  assert.deepEqual([others.refused, others.timed_out], [undefined, undefined]);
});
