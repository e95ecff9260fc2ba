/**
 * A process that dies during a delivery loses nothing: its claim is found when it has expired, settled as abandoned and
 * sent again under the next number. The row that the dead process would have left stands for it.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { attempts, deliveries, sendCallback, waitForLine, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { startTestService } from '../helpers/service.ts';

/** A database in which a process has claimed the first of a payment's two events and died. */
async function setup(t: TestContext, { expired = true } = {}) {
  const before = await startTestService(t);
  await sendCallback(before, 'BOOKED', 'p1');
  await sendCallback(before, 'UNFREEZE', 'p1');
  await before.service.stop();
  await before.query(
    `update outbox set state = 'delivering', attempt_count = 1,
       claim_token = gen_random_uuid(), claimed_at = now() - interval '20 s', wake_at = now() + $1::interval
     where sequence = (select min(sequence) from events)`,
    [expired ? '-1 s' : '1 h'],
  );
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url), databaseUrl: before.databaseUrl });
  return { merchant, receiver };
}

test('an expired claim is settled as abandoned and sent again under the next number, before later events', async (t) => {
  const { merchant, receiver } = await setup(t);

  await waitForStates(receiver, ['delivered'], 2);

  assert.deepEqual(
    merchant.received.map((one) => [JSON.parse(one.body).type, one.attempt]),
    [
      ['payment.booked', 2],
      ['payment.unfrozen', 1],
    ],
  );
  const [abandoned, accepted] = await attempts(receiver);
  assert.deepEqual([abandoned?.number, abandoned?.outcome, abandoned?.error], [1, 'abandoned', 'claim expired']);
  assert.ok(Math.abs((abandoned?.durationMs ?? 0) - 19_000) < 10, `${abandoned?.durationMs} ms`);
  assert.deepEqual([accepted?.number, accepted?.outcome], [2, 'accepted']);
  const [booked] = await deliveries(receiver);
  assert.deepEqual([booked?.attemptCount, booked?.triesUsed, booked?.abandonedInRow], [2, 1, 0]);
  assert.equal((await waitForLine(receiver, 'delivery.abandoned')).attempt, 1);
});

test('a claim that has not expired is left to its process, and the events behind it stay blocked', async (t) => {
  const { merchant, receiver } = await setup(t, { expired: false });

  await sendCallback(receiver, 'UNFREEZE', 'p2');
  await merchant.waitFor(1);

  assert.deepEqual((await deliveries(receiver)).map((row) => [row.paymentId, row.state]).slice(0, 2), [
    ['p1', 'delivering'],
    ['p1', 'pending'],
  ]);
  assert.equal(JSON.parse(merchant.received[0]?.body ?? '').data.paymentId, 'p2');
});

test('two services that find the same expired claim settle it once', async (t) => {
  const { merchant, receiver } = await setup(t, { expired: false });
  const env = webhookEnv(merchant.url);
  const other = await startTestService(t, { env, databaseUrl: receiver.databaseUrl });

  await receiver.query(`update outbox set wake_at = now() where state = 'delivering'`);
  await waitForStates(receiver, ['delivered'], 2);

  assert.deepEqual(
    (await attempts(receiver)).map((row) => [row.number, row.outcome]),
    [
      [1, 'abandoned'],
      [2, 'accepted'],
      [1, 'accepted'],
    ],
  );
  const lines = [...receiver.log, ...other.log].filter((line) => line.event === 'delivery.abandoned');
  assert.equal(lines.length, 1);
});
