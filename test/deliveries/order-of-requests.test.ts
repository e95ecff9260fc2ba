/**
 * Order within a payment: a merchant receives an event only after the ones before it, and a stuck payment delays no
 * other. Two services on one database where that makes it harder.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { deliveries, sendCallback, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { type Received, startMerchant, status } from '../helpers/merchant.ts';
import { startTestService } from '../helpers/service.ts';

const LIFECYCLE = ['BOOKED', 'UNFREEZE', 'FINALIZATION', 'ANNULMENT'];

async function setup(t: TestContext, schedule: string) {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: schedule }) });
  return { merchant, receiver };
}

function seen({ body, attempt }: Received): string {
  const { callback, paymentId } = JSON.parse(body).data;
  return `${paymentId} ${callback} ${attempt}`;
}

test('while the first event of a payment fails, its later ones stay blocked and other payments continue', async (t) => {
  const { merchant, receiver } = await setup(t, '1h');
  merchant.answerWith((request, response) => response.writeHead(seen(request).startsWith('stuck') ? 500 : 204).end());
  for (const type of LIFECYCLE) await sendCallback(receiver, type, 'stuck');
  for (const type of LIFECYCLE) await sendCallback(receiver, type, 'free');
  await waitUntil(async () => (await deliveries(receiver)).filter((row) => row.state === 'delivered').length === 4);
  const [first, ...waiting] = (await deliveries(receiver)).filter((row) => row.paymentId === 'stuck');

  merchant.answerWith(status(204));
  await receiver.query(`update outbox set wake_at = now() where payment_key = 'stuck' and attempt_count > 0`);
  await waitForStates(receiver, ['delivered'], 8);

  assert.ok((first?.waitMs ?? 0) > 0);
  assert.deepEqual(
    waiting.map((row) => [row.state, row.attemptCount, row.waitMs]),
    waiting.map(() => ['pending', 0, null]),
  );
  assert.deepEqual(
    merchant.received.map(seen).filter((text) => text.startsWith('stuck')),
    ['stuck BOOKED 1', 'stuck BOOKED 2', 'stuck UNFREEZE 1', 'stuck FINALIZATION 1', 'stuck ANNULMENT 1'],
  );
});

test('a dead letter unblocks the next event of its payment', async (t) => {
  const { merchant, receiver } = await setup(t, '10ms');
  merchant.answerWith((request, response) => response.writeHead(request.body.includes('BOOKED') ? 410 : 204).end());

  for (const type of LIFECYCLE) await sendCallback(receiver, type, 'p1');
  const rows = await waitForStates(receiver, ['delivered', 'dead_letter'], 4);

  assert.deepEqual(
    rows.map((row) => row.state),
    ['dead_letter', 'delivered', 'delivered', 'delivered'],
  );
});

test('with two services and a merchant that fails at random, first arrivals keep the order of each payment', async (t) => {
  const { merchant, receiver } = await setup(t, '5ms,5ms,5ms,5ms,5ms,5ms,5ms,5ms');
  const env = webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '5ms,5ms,5ms,5ms,5ms,5ms,5ms,5ms' });
  const other = await startTestService(t, { env, databaseUrl: receiver.databaseUrl });
  let count = 0;
  // Never two failures in a row, so that the circuit breaker of neither service opens.
  merchant.answerWith((_request, response) => {
    count += 1;
    response.writeHead(count % 3 === 0 ? 500 : 204).end();
  });
  const payments = ['p1', 'p2', 'p3', 'p4', 'p5'];

  await Promise.all(
    payments.map(async (paymentId, index) => {
      for (const type of LIFECYCLE) await sendCallback(index % 2 === 0 ? receiver : other, type, paymentId);
    }),
  );
  await waitForStates(receiver, ['delivered'], payments.length * LIFECYCLE.length);

  for (const paymentId of payments) {
    const arrivals = merchant.received.map(seen).filter((text) => text.startsWith(`${paymentId} `));
    const first = [...new Set(arrivals.map((text) => text.split(' ')[1]))];
    assert.deepEqual(first, LIFECYCLE, arrivals.join(', '));
  }
});

test('single replays of a payment are sent in the order of their events, whichever was requested first', async (t) => {
  const { merchant, receiver } = await setup(t, '1h');
  for (const type of LIFECYCLE) await sendCallback(receiver, type, 'p1');
  const rows = await waitForStates(receiver, ['delivered'], 4);
  merchant.answerWith(status(500));
  const [booked, unfrozen, finalized] = rows;

  await receiver.status(`/events/${booked?.id}/replay`, 'POST');
  await waitForAttempts(receiver, 5);
  for (const row of [finalized, unfrozen]) await receiver.status(`/events/${row?.id}/replay`, 'POST');
  merchant.answerWith(status(204));
  await receiver.query(
    `update outbox set wake_at = now() where sequence = (select sequence from events where id = $1)`,
    [booked?.id.slice(4)],
  );
  await waitForStates(receiver, ['delivered'], 4);

  assert.deepEqual(merchant.received.map(seen).slice(5), ['p1 BOOKED 3', 'p1 UNFREEZE 2', 'p1 FINALIZATION 2']);
});
