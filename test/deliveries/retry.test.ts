/**
 * What follows from an attempt: the acknowledgement table as it is promised to merchants, row by
 * row, and what uses up a try. Pure; chance is an argument.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttemptResult } from '../../src/deliveries/retry.ts';
import { nextStep, type RetryContext } from '../../src/deliveries/retry.ts';

const HOUR_MS = 3_600_000;
const FRESH = { triesUsed: 0, abandonedInRow: 0 };

function answered(status: number | null, changes: Partial<AttemptResult> = {}): AttemptResult {
  const outcome = status === null ? 'unreachable' : 'refused';
  return { outcome, durationMs: 1, status, error: 'x', answer: null, retryAfterMs: null, ...changes };
}

function situation(changes: Partial<RetryContext> = {}): RetryContext {
  return { schedule: [1000, 2000], isWebhookDown: false, distrustsRefusals: false, random: () => 0, ...changes };
}

const accepted = answered(204, { outcome: 'accepted' });
const abandoned = answered(null, { outcome: 'abandoned' });
const timedOut = answered(null, { outcome: 'timed_out' });
const down = { isWebhookDown: true };
const doubted = { distrustsRefusals: true };

for (const [name, result, circumstances, expected] of [
  ['an accepted attempt is delivered', accepted, {}, 'delivered'],
  ['409 that webhook.ts accepts is delivered', answered(409, { outcome: 'accepted' }), {}, 'delivered'],
  ['410 is given up at once', answered(410), {}, 'dead_letter'],
  ['422 is given up at once', answered(422), {}, 'dead_letter'],
  ['410 is given up at once while the webhook is down too', answered(410), down, 'dead_letter'],
  ['a doubted 410 is tried again', answered(410), doubted, 1000],
  ['a doubted 422 is tried again', answered(422), doubted, 1000],
  ['301 is tried again', answered(301), {}, 1000],
  ['400 is tried again', answered(400), {}, 1000],
  ['404 is tried again', answered(404), {}, 1000],
  ['500 is tried again', answered(500), {}, 1000],
  ['no connection is tried again', answered(null), {}, 1000],
  ['a time-out is tried again', timedOut, {}, 1000],
  ['a shorter wish than the schedule changes nothing', answered(429, { retryAfterMs: 500 }), {}, 1000],
  ['a longer wish is kept', answered(503, { retryAfterMs: 7000 }), {}, 7000],
  ['a wish is capped at an hour', answered(429, { retryAfterMs: 2 * HOUR_MS }), {}, HOUR_MS],
  ['a wish is kept while down', answered(503, { retryAfterMs: 7000 }), down, 7000],
  ['an abandoned attempt goes again at once', abandoned, {}, 0],
] as const) {
  test(name, () => {
    const next = nextStep(FRESH, result, situation(circumstances));

    assert.equal(next.state === 'pending' ? next.waitMs : next.state, expected);
  });
}

test('the schedule is followed in order, and after its last wait the delivery is given up', () => {
  const steps = [0, 1, 2, 3].map((triesUsed) => nextStep({ ...FRESH, triesUsed }, answered(500), situation()));

  assert.deepEqual(
    steps.map((next) => (next.state === 'pending' ? next.waitMs : next.state)),
    [1000, 2000, 'dead_letter', 'dead_letter'],
  );
  assert.deepEqual(
    steps.map((next) => next.triesUsed),
    [1, 2, 3, 4],
  );
});

for (const [name, result, circumstances, uses] of [
  ['an answer of the merchant', answered(500), {}, 1],
  ['an accepted attempt', accepted, {}, 1],
  ['a refusal for good', answered(410), {}, 1],
  ['no connection while up', answered(null), {}, 1],
  ['no connection while down', answered(null), down, 0],
  ['a time-out while down', timedOut, down, 0],
  ['502 while down', answered(502), down, 0],
  ['503 while down', answered(503), down, 0],
  ['504 while down', answered(504), down, 0],
  ['500 while down', answered(500), down, 1],
  ['429 while down', answered(429), down, 1],
  ['a doubted 410 while down', answered(410), { ...down, ...doubted }, 1],
  ['an abandoned attempt', abandoned, {}, 0],
] as const) {
  test(`${name} uses ${uses === 1 ? 'a try' : 'no try'}`, () => {
    assert.equal(nextStep(FRESH, result, situation(circumstances)).triesUsed, uses);
  });
}

test('while down, a delivery past the end of its schedule is kept and waits the longest wait', () => {
  const next = nextStep({ ...FRESH, triesUsed: 2 }, answered(null), situation(down));

  assert.deepEqual(next, { state: 'pending', waitMs: 2000, triesUsed: 2, abandonedInRow: 0 });
});

test('the fifth abandoned attempt in a row uses a try, and so does each further one', () => {
  const used = [0, 1, 2, 3, 4, 5, 8].map((abandonedInRow) => {
    return nextStep({ triesUsed: 0, abandonedInRow }, abandoned, situation()).triesUsed;
  });

  assert.deepEqual(used, [0, 0, 0, 0, 1, 1, 1]);
});

test('abandoned attempts alone end a delivery that kills its process', () => {
  let tries = FRESH;
  let attempts = 0;
  for (let state = 'pending'; state === 'pending' && attempts < 100; attempts += 1) {
    const next = nextStep(tries, abandoned, situation());
    tries = next;
    state = next.state;
  }

  assert.equal(attempts, 7);
});

test('any other end of an attempt breaks a row of abandoned ones', () => {
  for (const result of [accepted, answered(500), answered(410), answered(null), timedOut]) {
    assert.equal(nextStep({ triesUsed: 0, abandonedInRow: 4 }, result, situation()).abandonedInRow, 0);
  }
});
