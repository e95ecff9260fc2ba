/**
 * When the merchant's webhook counts as down, how rarely it is then asked, and when its refusals are believed. An outage
 * of hours must cost neither the merchant a flood nor the deliveries their tries. Pure; time is an argument.
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

function result(outcome: AttemptOutcome, status: number | null = null): AttemptResult {
  return { outcome, durationMs: 1, status, error: outcome, answer: null, retryAfterMs: null };
}

const UNREACHABLE = result('unreachable');
const OK = result('accepted', 204);
const CONFLICT = result('accepted', 409);
const GONE = result('refused', 410);

/** The health after these results, each at its index in seconds and sent as the health then was. */
function after(results: readonly AttemptResult[], start: BreakerState = CLOSED): BreakerState {
  return results.reduce((health, one, second) => {
    return afterAttempt(health, one, { nowMs: second * 1000, wasProbe: isOpen(health) });
  }, start);
}

function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}

test('four failures in a row are not down, five are', () => {
  assert.equal(isOpen(after(times(4, UNREACHABLE))), false);
  assert.equal(isOpen(after(times(5, UNREACHABLE))), true);
});

test('every sort of failure counts', () => {
  const failures = [UNREACHABLE, result('timed_out'), result('refused', 500), GONE, result('refused', 302)];

  assert.equal(isOpen(after(failures)), true);
});

for (const [name, success] of [
  ['2xx', OK],
  ['409', CONFLICT],
] as const) {
  test(`${name} begins a new row of failures and ends an outage`, () => {
    assert.equal(isOpen(after([...times(4, UNREACHABLE), success, ...times(4, UNREACHABLE)])), false);
    assert.deepEqual(after([...times(9, UNREACHABLE), success]), CLOSED);
  });
}

test('an abandoned attempt says nothing about the merchant', () => {
  const four = after(times(4, UNREACHABLE));
  const outage = after(times(7, UNREACHABLE));

  assert.equal(after([result('abandoned')], four), four);
  assert.equal(after([result('abandoned')], outage), outage);
});

test('the first probe goes after a second, each further one after twice as long, up to a minute', () => {
  let health = after(times(5, UNREACHABLE));
  const delays: unknown[] = [];
  for (let probe = 0; probe < 9; probe += 1) {
    delays.push(health.probe?.delayMs);
    health = afterAttempt(health, UNREACHABLE, { nowMs: 50_000, wasProbe: true });
  }

  assert.deepEqual(
    delays,
    [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000),
  );
  assert.equal(health.probe?.dueAtMs, 110_000);
});

test('a failure that was under way when the webhook went down makes the probes no rarer', () => {
  const outage = after(times(5, UNREACHABLE));

  const later = afterAttempt(outage, UNREACHABLE, { nowMs: 9_000, wasProbe: false });

  assert.deepEqual(later.probe, outage.probe);
  assert.equal(later.failuresInRow, 6);
});

test('while up, as many attempts may start as places are free', () => {
  assert.equal(freeSlots(CLOSED, 0, 16, 0), 16);
  assert.equal(freeSlots(CLOSED, 16, 16, 0), 0);
});

test('while down, one attempt may start when its time has come and none is under way', () => {
  const outage = after(times(5, UNREACHABLE));
  const dueAtMs = outage.probe?.dueAtMs ?? assert.fail();

  assert.equal(freeSlots(outage, 0, 16, dueAtMs - 1), 0);
  assert.equal(freeSlots(outage, 0, 16, dueAtMs), 1);
  assert.equal(freeSlots(outage, 1, 16, dueAtMs), 0);
});

test('the last error is that of the last failure and gone after a success', () => {
  assert.equal(after([UNREACHABLE, result('timed_out')]).lastError, 'timed_out');
  assert.equal(after([UNREACHABLE, OK]).lastError, null);
});

test('after five refusals for good in a row one more is doubted', () => {
  assert.equal(distrustsRefusals(after(times(4, GONE))), false);
  assert.equal(distrustsRefusals(after([...times(4, GONE), result('refused', 422)])), true);
});

test('another failure or a 409 between them begins a new row of refusals', () => {
  assert.equal(distrustsRefusals(after([...times(4, GONE), UNREACHABLE, ...times(4, GONE)])), false);
  assert.equal(distrustsRefusals(after([...times(4, GONE), CONFLICT, ...times(4, GONE)])), false);
});

test('once doubted, only a 2xx lets refusals be believed again', () => {
  const doubted = after(times(5, GONE));

  for (const one of [UNREACHABLE, CONFLICT, result('refused', 500), result('abandoned')]) {
    assert.equal(distrustsRefusals(after([one], doubted)), true, one.outcome);
  }
  assert.equal(distrustsRefusals(after([OK], doubted)), false);
});
