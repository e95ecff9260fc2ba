/**
 * The retry schedule is the one that Resurs documents: operators who plan an outage of the receiver rely on its length.
 * Pure; nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DELAY_BEFORE_TRY_MS, delayBeforeTryMs, MAX_TRIES } from '../../src/simulator/retry-schedule.ts';

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
