/**
 * Resurs' retry schedule: a callback without a response below 300 is retried nineteen times over a day and a half. The
 * numbers are Resurs' own and documented; a faster run divides them and never uses another table.
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/**
 * The delay before each try, including the first. Source: protocol 4.2 (Resurs' callback page); the sum is 36 h 12 min
 * 15 s.
 */
export const DELAY_BEFORE_TRY_MS: readonly number[] = [
  0,
  30 * SECOND_MS,
  45 * SECOND_MS,
  1 * MINUTE_MS,
  1.5 * MINUTE_MS,
  2.5 * MINUTE_MS,
  4 * MINUTE_MS,
  5.5 * MINUTE_MS,
  8.5 * MINUTE_MS,
  13 * MINUTE_MS,
  20 * MINUTE_MS,
  30 * MINUTE_MS,
  45 * MINUTE_MS,
  1 * HOUR_MS,
  1.5 * HOUR_MS,
  2.5 * HOUR_MS,
  4 * HOUR_MS,
  5 * HOUR_MS,
  8 * HOUR_MS,
  12 * HOUR_MS,
];

/** The maximum number of tries, including the first. */
export const MAX_TRIES = DELAY_BEFORE_TRY_MS.length;

/** Returns the milliseconds to wait before the try with this number (from 1), `speed` times faster than Resurs. */
export function delayBeforeTryMs(tryNumber: number, speed: number): number {
  return (DELAY_BEFORE_TRY_MS[tryNumber - 1] ?? 0) / speed;
}
