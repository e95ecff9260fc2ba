/**
 * Resurs' retry schedule: a callback without a response below 300 is retried nineteen times over a day and a half. The
 * numbers are Resurs' own and documented. Pure.
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

/** How long after the first one each try is made. */
const ELAPSED_AT_TRY_MS: readonly number[] = DELAY_BEFORE_TRY_MS.map((_, index) =>
  DELAY_BEFORE_TRY_MS.slice(0, index + 1).reduce((sum, ms) => sum + ms, 0),
);

const SCHEDULE_MS = ELAPSED_AT_TRY_MS.at(-1) ?? 0;

/** A try may be seen so much before its time: the first one may have been on its way for longer. */
const EARLY_MS = 5_000;
/** The last try may be seen so much after its time: the ones before it have taken some. */
const LATE_MS = HOUR_MS;

/** When Resurs will come with a callback again, as far as its schedule tells. */
export interface ExpectedTries {
  /** Null: there is no further one, or it is not known. */
  readonly nextTryAt: Date | null;
  /** When the last try is due, or was; null: not known. */
  readonly givesUpAt: Date | null;
}

export interface SeenTries {
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
}

/**
 * Estimates when Resurs next tries a callback that has not been accepted: at the next time of the schedule that began when it
 * was first seen. One that is seen when that schedule has ended is a newer one, whose first try is not known.
 */
export function expectTries({ firstSeenAt, lastSeenAt }: SeenTries, now: Date): ExpectedTries {
  const seenMs = lastSeenAt.getTime() - firstSeenAt.getTime();
  if (seenMs > SCHEDULE_MS + LATE_MS) return { nextTryAt: null, givesUpAt: null };
  const passedMs = Math.max(seenMs + EARLY_MS, now.getTime() - firstSeenAt.getTime());
  const nextMs = ELAPSED_AT_TRY_MS.find((ms) => ms > passedMs);
  return {
    nextTryAt: nextMs === undefined ? null : new Date(firstSeenAt.getTime() + nextMs),
    givesUpAt: new Date(firstSeenAt.getTime() + SCHEDULE_MS),
  };
}
