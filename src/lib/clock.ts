/** Time and chance as values: what needs them takes them as an argument, so that tests and replays decide. */
export interface Clock {
  /** Milliseconds since 1970, for dates. May step when the machine's clock is set. */
  now(): number;
  /** Milliseconds of a clock that never steps, for durations and deadlines. */
  elapsed(): number;
}

/** The machine's clocks. */
export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() };

/** A number in [0, 1), as Math.random gives. */
export type Random = () => number;
