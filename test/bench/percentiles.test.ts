/** The figures of the benchmark are medians, tails and ratios of neighbours. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentiles, roundRatios, summarizeRounds } from '../../bench/percentiles.ts';

test('percentiles are the median, the 99th percentile and the largest of samples in any order', () => {
  const samples = Array.from({ length: 1_000 }, (_, index) => (index * 7) % 1_000);

  const result = percentiles(samples);

  assert.deepEqual(result, { count: 1_000, median: 500, p99: 990, max: 999 });
});

test('a single sample is its own median, tail and maximum', () => {
  assert.deepEqual(percentiles([3]), { count: 1, median: 3, p99: 3, max: 3 });
});

test('no samples give NaN instead of 0', () => {
  const { count, median, p99, max } = percentiles([]);

  assert.deepEqual([count, median, p99, max], [0, Number.NaN, Number.NaN, Number.NaN]);
});

test('samples are sorted as numbers, not as text', () => {
  assert.equal(percentiles([10, 9, 100]).median, 10);
  assert.equal(summarizeRounds([10, 9, 100]).median, 10);
});

test('rounds keep their order, and an even number of them has its median between the two in the middle', () => {
  const rounds = summarizeRounds([4, 1, 3, 2]);

  assert.deepEqual(rounds, { median: 2.5, min: 1, max: 4, all: [4, 1, 3, 2] });
});

test('a ratio is taken between the two of a round, not between two medians', () => {
  const ratios = roundRatios([100, 10, 50], [50, 10, 200]);

  assert.deepEqual(ratios.all, [2, 1, 0.25]);
  assert.equal(ratios.median, 1);
});
