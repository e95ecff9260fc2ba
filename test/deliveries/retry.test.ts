/**
 * What follows an attempt: the acknowledgement table as merchants are promised it, row by row, and what uses a try.
 * Pure; randomness is an argument.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AttemptResult, nextStep, type RetryContext } from '../../src/deliveries/retry.ts';

const HOUR_MS = 3_600_000;
const FRESH = { triesUsed: 0, abandonedInRow: 0 };

function responded(status: number | null, changes: Partial<AttemptResult> = {}): AttemptResult {
  const outcome = status === null ? 'unreachable' : 'refused';
  return { outcome, durationMs: 1, status, error: 'x', answer: null, retryAfterMs: null, ...changes };
}

function contextWith(changes: Partial<RetryContext> = {}): RetryContext {
  return { schedule: [1000, 2000], isWebhookDown: false, distrustsRefusals: false, random: () => 0, ...changes };
}

const accepted = responded(204, { outcome: 'accepted' });
const abandoned = responded(null, { outcome: 'abandoned' });
const timedOut = responded(null, { outcome: 'timed_out' });
const down = { isWebhookDown: true };
const distrusting = { distrustsRefusals: true };

for (const [name, result, context, expected] of [
  ['an accepted attempt is delivered', accepted, {}, 'delivered'],
  ['409 that webhook.ts accepts is delivered', responded(409, { outcome: 'accepted' }), {}, 'delivered'],
  ['410 is a dead letter at once', responded(410), {}, 'dead_letter'],
  ['422 is a dead letter at once', responded(422), {}, 'dead_letter'],
  ['410 is a dead letter at once also while the webhook is down', responded(410), down, 'dead_letter'],
  ['a distrusted 410 is retried', responded(410), distrusting, 1000],
  ['a distrusted 422 is retried', responded(422), distrusting, 1000],
  ['301 is retried', responded(301), {}, 1000],
  ['400 is retried', responded(400), {}, 1000],
  ['404 is retried', responded(404), {}, 1000],
  ['500 is retried', responded(500), {}, 1000],
  ['no connection is retried', responded(null), {}, 1000],
  ['a timeout is retried', timedOut, {}, 1000],
  ['a Retry-After shorter than the schedule changes nothing', responded(429, { retryAfterMs: 500 }), {}, 1000],
  ['a longer Retry-After is used', responded(503, { retryAfterMs: 7000 }), {}, 7000],
  ['a Retry-After is limited to an hour', responded(429, { retryAfterMs: 2 * HOUR_MS }), {}, HOUR_MS],
  ['a longer Retry-After is used while the webhook is down', responded(503, { retryAfterMs: 7000 }), down, 7000],
  ['an abandoned attempt is retried at once', abandoned, {}, 0],
] as const) {
  test(name, () => {
    const next = nextStep(FRESH, result, contextWith(context));

    assert.equal(next.state === 'pending' ? next.waitMs : next.state, expected);
  });
}

test('the schedule is followed in order, and after its last delay the delivery is a dead letter', () => {
  const steps = [0, 1, 2, 3].map((triesUsed) => nextStep({ ...FRESH, triesUsed }, responded(500), contextWith()));

  assert.deepEqual(
    steps.map((next) => (next.state === 'pending' ? next.waitMs : next.state)),
    [1000, 2000, 'dead_letter', 'dead_letter'],
  );
  assert.deepEqual(
    steps.map((next) => next.triesUsed),
    [1, 2, 3, 4],
  );
});

for (const [name, result, context, uses] of [
  ['a response of the merchant', responded(500), {}, 1],
  ['an accepted attempt', accepted, {}, 1],
  ['a final refusal', responded(410), {}, 1],
  ['no connection while up', responded(null), {}, 1],
  ['no connection while down', responded(null), down, 0],
  ['a timeout while down', timedOut, down, 0],
  ['502 while down', responded(502), down, 0],
  ['503 while down', responded(503), down, 0],
  ['504 while down', responded(504), down, 0],
  ['500 while down', responded(500), down, 1],
  ['429 while down', responded(429), down, 1],
  ['a distrusted 410 while down', responded(410), { ...down, ...distrusting }, 1],
  ['an abandoned attempt', abandoned, {}, 0],
] as const) {
  test(`${name} uses ${uses === 1 ? 'a try' : 'no try'}`, () => {
    assert.equal(nextStep(FRESH, result, contextWith(context)).triesUsed, uses);
  });
}

test('while the webhook is down, a delivery past the end of its schedule is kept with the longest delay', () => {
  const next = nextStep({ ...FRESH, triesUsed: 2 }, responded(null), contextWith(down));

  assert.deepEqual(next, { state: 'pending', waitMs: 2000, triesUsed: 2, abandonedInRow: 0 });
});

test('the fifth abandoned attempt in a row uses a try, and so does each further one', () => {
  const used = [0, 1, 2, 3, 4, 5, 8].map((abandonedInRow) => {
    return nextStep({ triesUsed: 0, abandonedInRow }, abandoned, contextWith()).triesUsed;
  });

  assert.deepEqual(used, [0, 0, 0, 0, 1, 1, 1]);
});

test('abandoned attempts alone end a delivery that kills its process', () => {
  let tries = FRESH;
  let attempts = 0;
  for (let state = 'pending'; state === 'pending' && attempts < 100; attempts += 1) {
    const next = nextStep(tries, abandoned, contextWith());
    tries = next;
    state = next.state;
  }

  assert.equal(attempts, 7);
});

test('any other result resets the count of abandoned attempts', () => {
  for (const result of [accepted, responded(500), responded(410), responded(null), timedOut]) {
    assert.equal(nextStep({ triesUsed: 0, abandonedInRow: 4 }, result, contextWith()).abandonedInRow, 0);
  }
});
