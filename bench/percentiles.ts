/** Summarizes samples by median and tail, never by a mean, and interleaved measurements by their ratio. */

export interface Percentiles {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Returns NaN for every figure of no samples. */
export function percentiles(samples: ArrayLike<number>): Percentiles {
  const sorted = Float64Array.from(samples).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { count: sorted.length, median: at(0.5), p99: at(0.99), max: at(1) };
}

/** Summary of a few samples, one a round: the median, the smallest and the largest. */
export interface Rounds {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** In the order they were measured. */
  readonly all: readonly number[];
}

/** Summarizes rounds. The median of an even number of them is the mean of the two in the middle. */
export function summarizeRounds(all: readonly number[]): Rounds {
  const sorted = all.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return { median: (low + high) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN, all };
}

/** Divides round by round, so that only neighbours are compared. Both must have the same number of rounds. */
export function roundRatios(ours: readonly number[], theirs: readonly number[]): Rounds {
  return summarizeRounds(ours.map((one, round) => one / (theirs[round] ?? Number.NaN)));
}
