/**
 * The retry schedule is the one that Resurs documents: operators who plan an outage of the receiver rely on its length.
 * Pure; nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DELAY_BEFORE_TRY_MS, expectTries, MAX_TRIES } from '../../src/protocol/ecom/retry-schedule.ts';
import { delayBeforeTryMs } from '../../src/simulator/faster-schedule.ts';

test('Resurs tries twenty times within 36 hours, 12 minutes and 15 seconds', () => {
  const totalMs = DELAY_BEFORE_TRY_MS.reduce((sum, ms) => sum + ms, 0);

  assert.equal(MAX_TRIES, 20);
  assert.equal(totalMs, ((36 * 60 + 12) * 60 + 15) * 1000);
});

test('the delays grow from try to try', () => {
  const sorted = DELAY_BEFORE_TRY_MS.toSorted((a, b) => a - b);

  assert.deepEqual(DELAY_BEFORE_TRY_MS, sorted);
  assert.equal(new Set(DELAY_BEFORE_TRY_MS).size, MAX_TRIES);
});

test('the speed divides every delay', () => {
  assert.equal(delayBeforeTryMs(1, 1), 0);
  assert.equal(delayBeforeTryMs(2, 1), 30_000);
  assert.equal(delayBeforeTryMs(20, 1), 43_200_000);
  assert.equal(delayBeforeTryMs(20, 3_600), 12_000);
});

const FIRST = Date.parse('2026-11-20T12:00:00Z');
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const LAST_TRY_MS = 36 * HOUR_MS + 12 * MINUTE_MS + 15 * SECOND_MS;

/** Milliseconds after the first try, of a callback that was last seen and is looked at so long after it. */
function expected(lastSeenMs: number, nowMs = lastSeenMs) {
  const seen = { firstSeenAt: new Date(FIRST), lastSeenAt: new Date(FIRST + lastSeenMs) };
  const { nextTryAt, givesUpAt } = expectTries(seen, new Date(FIRST + nowMs));
  return [nextTryAt, givesUpAt].map((at) => (at === null ? null : at.getTime() - FIRST));
}

test('the next try is that of the schedule which began with the first one', () => {
  for (const [lastSeenMs, nextMs] of [
    [0, 30 * SECOND_MS],
    // The GET after a refused POST.
    [300, 30 * SECOND_MS],
    // A little early and a little late.
    [29_950, 75 * SECOND_MS],
    [33_000, 75 * SECOND_MS],
    [HOUR_MS, 87.25 * MINUTE_MS],
    [24.5 * HOUR_MS, LAST_TRY_MS],
    [LAST_TRY_MS, null],
    [LAST_TRY_MS + MINUTE_MS, null],
  ] as const) {
    assert.deepEqual(expected(lastSeenMs), [nextMs, LAST_TRY_MS], String(lastSeenMs));
  }
});

test('the next try is never in the past', () => {
  assert.deepEqual(expected(0, HOUR_MS), [87.25 * MINUTE_MS, LAST_TRY_MS]);
  assert.deepEqual(expected(0, LAST_TRY_MS), [null, LAST_TRY_MS]);
  assert.deepEqual(expected(0, LAST_TRY_MS + HOUR_MS), [null, LAST_TRY_MS]);
});

test('the schedule of a callback is not known that is seen after the end of the first one', () => {
  assert.deepEqual(expected(LAST_TRY_MS + 2 * HOUR_MS), [null, null]);
  assert.deepEqual(expected(100 * HOUR_MS), [null, null]);
});
