/** Figures of the benchmark are medians, tails and ratios of neighbours: a wrong one would be believed. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratiosOf, roundsOf, spreadOf } from '../../bench/percentiles.ts';

test('a spread is the median, the 99th percentile and the largest of samples in any order', () => {
  const samples = Array.from({ length: 1_000 }, (_, index) => (index * 7) % 1_000);

  const spread = spreadOf(samples);

  assert.deepEqual(spread, { count: 1_000, median: 500, p99: 990, max: 999 });
});

test('a single sample is its own median, tail and maximum', () => {
  assert.deepEqual(spreadOf([3]), { count: 1, median: 3, p99: 3, max: 3 });
});

test('no samples give no figure rather than a nought', () => {
  const { count, median, p99, max } = spreadOf([]);

  assert.deepEqual([count, median, p99, max], [0, Number.NaN, Number.NaN, Number.NaN]);
});

test('samples are sorted as numbers, not as text', () => {
  assert.equal(spreadOf([10, 9, 100]).median, 10);
  assert.equal(roundsOf([10, 9, 100]).median, 10);
});

test('rounds keep their order, and an even number of them has its median between the two in the middle', () => {
  const rounds = roundsOf([4, 1, 3, 2]);

  assert.deepEqual(rounds, { median: 2.5, min: 1, max: 4, all: [4, 1, 3, 2] });
});

test('a ratio is taken between the two of a round, not between two medians', () => {
  const ratios = ratiosOf([100, 10, 50], [50, 10, 200]);

  assert.deepEqual(ratios.all, [2, 1, 0.25]);
  assert.equal(ratios.median, 1);
});
