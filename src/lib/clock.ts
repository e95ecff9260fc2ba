/** Time and randomness as values: code that needs them gets them as an argument, so that tests can control them. */
export interface Clock {
  /** Milliseconds since 1970, for dates. May jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds of a monotonic clock, for durations and deadlines. */
  elapsed(): number;
}

/** The machine's clocks. */
export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() };

/** Returns a number in [0, 1), like Math.random. */
export type Random = () => number;
