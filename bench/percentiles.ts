/** Samples as a reader can judge them: median and tail, never a mean; and two things measured in turn as a ratio. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

export function spreadOf(samples: ArrayLike<number>): Spread {
  const sorted = Float64Array.from(samples).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { count: sorted.length, median: at(0.5), p99: at(0.99), max: at(1) };
}

/** Few samples, one a round: the middle one and the two outermost. */
export interface Rounds {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** In the order they were measured. */
  readonly all: readonly number[];
}

/** The median of an even number of rounds is the mean of the two in the middle. */
export function roundsOf(all: readonly number[]): Rounds {
  const sorted = all.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return { median: (low + high) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN, all };
}

/** Round by round, what was measured next to each other; the two must have the same number of rounds. */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): Rounds {
  return roundsOf(ours.map((one, round) => one / (theirs[round] ?? Number.NaN)));
}
