/**
 * The next step after each of the merchant's responses, over real sockets, and what is stored of it: an operator reads
 * attempts and states to find out whether the merchant has the event. One service and one merchant for each response.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  attempts,
  deliveries,
  sendCallback,
  waitForAttempts,
  waitForStates,
  webhookEnv,
} from '../helpers/deliveries.ts';
import { ATTEMPTS, DELIVERIES } from '../helpers/delivery-states.ts';
import { type Answer, startMerchant, status } from '../helpers/merchant.ts';
import { startTestService } from '../helpers/service.ts';

/** A service whose merchant responds by `behaviour`, and one event that is being delivered. */
async function setup(t: TestContext, behaviour: Answer, env: Record<string, string> = {}) {
  const merchant = await startMerchant(t);
  merchant.answerWith(behaviour);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, env) });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  return { merchant, receiver };
}

for (const code of [200, 201, 204, 299, 409]) {
  test(`${code} is delivered with one attempt`, async (t) => {
    const { receiver } = await setup(t, status(code, {}, code === 204 ? '' : 'thanks'));

    const [delivery] = await waitForStates(receiver, ['delivered']);

    assert.deepEqual([delivery?.attemptCount, delivery?.triesUsed, delivery?.waitMs], [1, 1, null]);
    const [attempt, ...others] = await attempts(receiver);
    assert.deepEqual(others, []);
    assert.deepEqual([attempt?.number, attempt?.outcome, attempt?.status, attempt?.error], [1, 'accepted', code, null]);
    assert.equal(attempt?.answer, code === 204 ? '' : 'thanks');
  });
}

for (const code of [410, 422]) {
  test(`${code} is a dead letter at once`, async (t) => {
    const { receiver } = await setup(t, status(code, {}, 'no such order'));

    const [delivery] = await waitForStates(receiver, ['dead_letter']);

    assert.deepEqual([delivery?.attemptCount, delivery?.triesUsed, delivery?.waitMs], [1, 1, null]);
    const [attempt] = await attempts(receiver);
    assert.deepEqual([attempt?.outcome, attempt?.status, attempt?.answer], ['refused', code, 'no such order']);
  });
}

for (const code of [400, 401, 404, 408, 429, 500, 503]) {
  test(`${code} is retried by schedule and is then a dead letter`, async (t) => {
    const { receiver, merchant } = await setup(t, status(code, {}, `response ${code}`));

    const [delivery] = await waitForStates(receiver, ['dead_letter']);

    assert.deepEqual([delivery?.attemptCount, delivery?.triesUsed], [3, 3]);
    assert.deepEqual(
      (await attempts(receiver)).map((one) => [one.number, one.outcome, one.status, one.error, one.answer]),
      [1, 2, 3].map((number) => [number, 'refused', code, `HTTP ${code}`, `response ${code}`]),
    );
    assert.equal(merchant.received.length, 3);
  });
}

for (const code of [301, 302, 307, 308]) {
  test(`the redirect ${code} is not followed and is retried`, async (t) => {
    const elsewhere = await startMerchant(t);
    const { receiver } = await setup(t, status(code, { location: elsewhere.url }));

    await waitForStates(receiver, ['dead_letter']);

    assert.equal(elsewhere.received.length, 0);
    assert.deepEqual(
      (await attempts(receiver)).map((one) => [one.outcome, one.status]),
      [1, 2, 3].map(() => ['refused', code]),
    );
  });
}

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();

for (const [code, name, retryAfter, minMs, maxMs] of [
  [429, 'of 30 seconds', () => '30', 25_000, 30_000],
  [503, 'of 30 seconds', () => '30', 25_000, 30_000],
  [429, 'as a date', () => inSeconds(100), 90_000, 100_000],
  [503, 'beyond an hour', () => '7200', 3_590_000, 3_600_000],
  [503, 'shorter than the schedule', () => '1', 5_000, 12_000],
] as const) {
  test(`${code} with a Retry-After ${name} schedules the next attempt accordingly`, async (t) => {
    const schedule = { WEBHOOK_RETRY_SCHEDULE: '10s' };
    const answer: Answer = (...exchange) => status(code, { 'retry-after': retryAfter() })(...exchange);
    const { receiver } = await setup(t, answer, schedule);

    await waitForAttempts(receiver, 1);

    const [delivery] = await deliveries(receiver);
    assert.equal(delivery?.state, 'pending');
    assert.ok((delivery?.waitMs ?? maxMs + 1) <= maxMs, `${delivery?.waitMs} ms`);
    // From the attempt, however late it is read.
    const [row] = await receiver.query<{ fromAttemptMs: number }>(`
      select (extract(epoch from d.next_attempt_at - a.started_at) * 1000)::float8 as "fromAttemptMs"
      from ${DELIVERIES} d join ${ATTEMPTS} a using (sequence)`);
    assert.ok((row?.fromAttemptMs ?? 0) > minMs, `${row?.fromAttemptMs} ms`);
  });
}

test('Retry-After on any other status is ignored', async (t) => {
  const { receiver } = await setup(t, status(500, { 'retry-after': '3600' }));

  const [delivery] = await waitForStates(receiver, ['dead_letter']);

  assert.equal(delivery?.attemptCount, 3);
});

test('a merchant that recovers receives the event, and the retries end', async (t) => {
  let count = 0;
  const { receiver, merchant } = await setup(t, (_request, response) => {
    count += 1;
    response.writeHead(count === 1 ? 500 : 200).end();
  });

  const [delivery] = await waitForStates(receiver, ['delivered']);

  assert.deepEqual([delivery?.attemptCount, delivery?.triesUsed], [2, 2]);
  assert.deepEqual(
    merchant.received.map((one) => one.attempt),
    [1, 2],
  );
});
