/**
 * The classes in which delays are counted: whatever the delays are, their median and 95th percentile come out of the
 * classes within a tenth. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { delayAt, delayClass } from '../../src/operators/delay-classes.ts';

const DAY_MS = 86_400_000;
/** Of all lengths alike: as many below 10 ms as between an hour and ten. */
const delays = fc.double({ min: -3, max: Math.log10(400 * DAY_MS), noNaN: true }).map((exponent) => 10 ** exponent);

function countsOf(values: readonly number[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(delayClass(value), (counts.get(delayClass(value)) ?? 0) + 1);
  return counts;
}

/** The smallest value that this share of all does not exceed. */
function trueDelayAt(share: number, values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? assert.fail();
}

test('a delay is in a class whose name sorts as the delay does', () => {
  assert.deepEqual([0, 0.9, 1, 1.05, 1.2, 1_000, DAY_MS, Number.POSITIVE_INFINITY].map(delayClass), [
    '000',
    '000',
    '001',
    '001',
    '002',
    '073',
    '192',
    '400',
  ]);
  fc.assert(
    fc.property(delays, delays, (one, other) => {
      assert.equal(delayClass(Math.min(one, other)) <= delayClass(Math.max(one, other)), true);
    }),
  );
});

test('median and 95th percentile are within a tenth of the true ones, or within 1 ms', () => {
  fc.assert(
    fc.property(fc.array(delays, { minLength: 1, maxLength: 300 }), (values) => {
      for (const share of [0.5, 0.95]) {
        const [estimate, truth] = [delayAt(share, countsOf(values)) ?? Number.NaN, trueDelayAt(share, values)];
        // 0.05 for rounding.
        assert.ok(Math.abs(estimate - truth) <= Math.max(1, 0.1 * truth) + 0.05, `${estimate} for ${truth}`);
      }
    }),
  );
});

test('without delays there is no median', () => {
  assert.equal(delayAt(0.5, new Map()), null);
});
