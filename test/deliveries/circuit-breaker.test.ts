/**
 * The circuit breaker of the merchant's webhook: when it opens, how often it is probed, and when final refusals are
 * distrusted. An outage of hours must cost neither the merchant a flood nor the deliveries their tries. First the pure
 * state, where time is an argument; then a real service over real sockets, with an outage of a few seconds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttemptOutcome } from '../../src/db/schema.ts';
import {
  afterAttempt,
  type BreakerState,
  CLOSED,
  distrustsRefusals,
  freeSlots,
  isOpen,
} from '../../src/deliveries/circuit-breaker.ts';
import type { AttemptResult } from '../../src/deliveries/retry.ts';
import {
  attempts,
  deliveries,
  sendCallback,
  waitForAttempts,
  waitForLine,
  waitForStates,
  webhookEnv,
} from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

function result(outcome: AttemptOutcome, status: number | null = null): AttemptResult {
  return { outcome, durationMs: 1, status, error: outcome, answer: null, retryAfterMs: null };
}

const UNREACHABLE = result('unreachable');
const OK = result('accepted', 204);
const CONFLICT = result('accepted', 409);
const GONE = result('refused', 410);

/** The state after these results, each at its index in seconds; one that meets an open breaker is a probe. */
function after(results: readonly AttemptResult[], start: BreakerState = CLOSED): BreakerState {
  return results.reduce((state, one, second) => {
    return afterAttempt(state, one, { nowMs: second * 1000, wasProbe: isOpen(state) });
  }, start);
}

function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}

test('five failures in a row open the breaker, four do not', () => {
  assert.equal(isOpen(after(times(4, UNREACHABLE))), false);
  assert.equal(isOpen(after(times(5, UNREACHABLE))), true);
});

test('every kind of failure counts', () => {
  const failures = [UNREACHABLE, result('timed_out'), result('refused', 500), GONE, result('refused', 302)];

  assert.equal(isOpen(after(failures)), true);
});

for (const [name, success] of [
  ['2xx', OK],
  ['409', CONFLICT],
] as const) {
  test(`${name} resets the failure count and closes the breaker`, () => {
    assert.equal(isOpen(after([...times(4, UNREACHABLE), success, ...times(4, UNREACHABLE)])), false);
    assert.deepEqual(after([...times(9, UNREACHABLE), success]), CLOSED);
  });
}

test('an abandoned attempt does not change the state', () => {
  const four = after(times(4, UNREACHABLE));
  const outage = after(times(7, UNREACHABLE));

  assert.equal(after([result('abandoned')], four), four);
  assert.equal(after([result('abandoned')], outage), outage);
});

test('the first probe is due after 1 s, each further one after twice the delay, up to a minute', () => {
  let state = after(times(5, UNREACHABLE));
  const delays: unknown[] = [];
  for (let probe = 0; probe < 9; probe += 1) {
    delays.push(state.probe?.delayMs);
    state = afterAttempt(state, UNREACHABLE, { nowMs: 50_000, wasProbe: true });
  }

  assert.deepEqual(
    delays,
    [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000),
  );
  assert.equal(state.probe?.dueAtMs, 110_000);
});

test('a failure that was in flight when the breaker opened does not delay the next probe', () => {
  const outage = after(times(5, UNREACHABLE));

  const later = afterAttempt(outage, UNREACHABLE, { nowMs: 9_000, wasProbe: false });

  assert.deepEqual(later.probe, outage.probe);
  assert.equal(later.failuresInRow, 6);
});

test('while closed, as many attempts may start as slots are free', () => {
  assert.equal(freeSlots(CLOSED, 0, 16, 0), 16);
  assert.equal(freeSlots(CLOSED, 16, 16, 0), 0);
});

test('while open, one attempt may start when the probe is due and nothing is in flight', () => {
  const outage = after(times(5, UNREACHABLE));
  const dueAtMs = outage.probe?.dueAtMs ?? assert.fail();

  assert.equal(freeSlots(outage, 0, 16, dueAtMs - 1), 0);
  assert.equal(freeSlots(outage, 0, 16, dueAtMs), 1);
  assert.equal(freeSlots(outage, 1, 16, dueAtMs), 0);
});

test('the last error is that of the last failure, and null after a success', () => {
  assert.equal(after([UNREACHABLE, result('timed_out')]).lastError, 'timed_out');
  assert.equal(after([UNREACHABLE, OK]).lastError, null);
});

test('after five final refusals in a row a further one is distrusted', () => {
  assert.equal(distrustsRefusals(after(times(4, GONE))), false);
  assert.equal(distrustsRefusals(after([...times(4, GONE), result('refused', 422)])), true);
});

test('another failure or a 409 between them resets the count of final refusals', () => {
  assert.equal(distrustsRefusals(after([...times(4, GONE), UNREACHABLE, ...times(4, GONE)])), false);
  assert.equal(distrustsRefusals(after([...times(4, GONE), CONFLICT, ...times(4, GONE)])), false);
});

test('once refusals are distrusted, only a 2xx ends it', () => {
  const distrusting = after(times(5, GONE));

  for (const one of [UNREACHABLE, CONFLICT, result('refused', 500), result('abandoned')]) {
    assert.equal(distrustsRefusals(after([one], distrusting)), true, one.outcome);
  }
  assert.equal(distrustsRefusals(after([OK], distrusting)), false);
});

/** The webhook as the status API shows it. */
async function webhookState(receiver: TestService): Promise<{ state: string; lastError: string | null }> {
  const { json } = await receiver.status('/status');
  return (json as { webhook: { state: string; lastError: string | null } }).webhook;
}

test('after five failures one probe at a time is sent and uses no try, and a success delivers everything', async (t) => {
  const merchant = await startMerchant(t);
  let inFlight = 0;
  let maxInFlightWhileOpen = 0;
  let probedAtMs = 0;
  merchant.answerWith((_request, response) => {
    inFlight += 1;
    if (merchant.received.length > 5) {
      maxInFlightWhileOpen = Math.max(maxInFlightWhileOpen, inFlight);
      probedAtMs ||= Date.now();
    }
    response.once('close', () => {
      inFlight -= 1;
    });
    response.socket?.destroy();
  });
  const receiver = await startTestService(t, {
    // No retry comes before the fifth failure, however slow the host is.
    env: webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: Array(5).fill('5s').join() }),
  });
  const before = await webhookState(receiver);

  for (const paymentId of ['p1', 'p2', 'p3', 'p4', 'p5']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  const downLine = await waitForLine(receiver, 'webhook.down');
  const down = await webhookState(receiver);
  for (const paymentId of ['p6', 'p7', 'p8']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await waitForAttempts(receiver, 6);
  const firstProbeAfterMs = probedAtMs - Date.parse(String(downLine.time));
  const tries = (await deliveries(receiver)).map((row) => row.triesUsed);
  merchant.answerWith(status(204));
  await waitForLine(receiver, 'webhook.up');
  await waitForStates(receiver, ['delivered'], 8);

  assert.deepEqual(before, { state: 'up', lastError: null });
  assert.deepEqual([down.state, down.lastError], ['down', 'UND_ERR_SOCKET']);
  assert.deepEqual([downLine.level, downLine.failuresInRow], ['error', 5]);
  assert.ok(firstProbeAfterMs >= 990, `${firstProbeAfterMs} ms`);
  assert.equal(maxInFlightWhileOpen, 1);
  assert.deepEqual(tries, [1, 1, 1, 1, 1, 0, 0, 0]);
  assert.deepEqual(await webhookState(receiver), { state: 'up', lastError: null });
});

test('503 while the breaker is open uses no try, so an event outlives an outage longer than its schedule', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(status(503));
  const receiver = await startTestService(t, {
    env: webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1ms,1ms,1ms,1ms,1ms' }),
  });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForLine(receiver, 'webhook.down');
  await waitForAttempts(receiver, 6);
  const [during] = await deliveries(receiver);
  merchant.answerWith(status(204));
  const [after] = await waitForStates(receiver, ['delivered']);

  assert.deepEqual([during?.state, during?.triesUsed], ['pending', 5]);
  assert.equal(after?.triesUsed, 6);
});

// A bad deploy at the merchant that responds 410 to everything must not dead-letter every event.
test('five final refusals in a row are dead letters, the sixth is retried until a 2xx, and then a refusal is final again', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(status(410));
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });
  for (const paymentId of ['p1', 'p2', 'p3', 'p4', 'p5']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await waitForStates(receiver, ['dead_letter'], 5);

  await sendCallback(receiver, 'UNFREEZE', 'p6');
  await waitForAttempts(receiver, 6);
  const distrusted = (await deliveries(receiver)).at(-1);
  merchant.answerWith(status(200));
  await merchant.waitFor(7);
  await waitForStates(receiver, ['dead_letter', 'delivered'], 6);
  merchant.answerWith(status(422));
  await sendCallback(receiver, 'UNFREEZE', 'p7');
  await waitForStates(receiver, ['dead_letter', 'delivered'], 7);

  assert.deepEqual([distrusted?.state, distrusted?.triesUsed], ['pending', 1]);
  assert.deepEqual(
    (await deliveries(receiver)).map((row) => row.state),
    [...Array(5).fill('dead_letter'), 'delivered', 'dead_letter'],
  );
  assert.deepEqual(
    (await attempts(receiver)).filter((row) => row.paymentId === 'p6').map((row) => row.status),
    [410, 200],
  );
});
