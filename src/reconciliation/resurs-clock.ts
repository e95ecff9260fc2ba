/**
 * Resurs' clock, as its responses show it. A payment is judged by the time there, so that clocks that differ neither
 * report a callback that is still on its way, nor move a mark past a payment.
 */
import type { Clock } from '../lib/clock.ts';

export interface ResursClock {
  /** Looks at the time of a response; null: it had none. */
  look(date: Date | null, sentAtMs: number): void;
  /** How far it is ahead of ours; null: not known. */
  differenceMs(): number | null;
  /**
   * The grace before the first response, by Resurs' clock, else by ours. What changed before is judged. It stays the same
   * for the whole run: what changes meanwhile is for the next one.
   */
  cutoff(): Date;
  /** No mark passes it: the begin of the second of `cutoff`, in which more may have changed since the response. */
  markLimit(): Date;
}

/** The time is cut to the second, so on the average it is half of one more. */
const HALF_SECOND_MS = 500;
/** What changed in the same second has a time before this, so that without a grace it is not too young. */
const REST_OF_SECOND_MS = 999;

/** Creates the clock of one run. */
export function createResursClock(clock: Clock, graceMs: number): ResursClock {
  let differenceMs: number | null = null;
  let first: Moment | null = null;
  const moment = (): Moment => first ?? { fromMs: clock.now(), untilMs: clock.now() };
  return {
    look(date, sentAtMs) {
      first ??= date === null ? { fromMs: sentAtMs, untilMs: sentAtMs } : secondOf(date);
      if (date === null || differenceMs !== null) return;
      differenceMs = Math.round(date.getTime() + HALF_SECOND_MS - (sentAtMs + clock.now()) / 2);
    },
    differenceMs: () => differenceMs,
    cutoff: () => new Date(moment().untilMs - graceMs),
    markLimit: () => new Date(moment().fromMs - graceMs),
  };
}

/** When something was, as far as it is known. */
interface Moment {
  readonly fromMs: number;
  readonly untilMs: number;
}

function secondOf(date: Date): Moment {
  return { fromMs: date.getTime(), untilMs: date.getTime() + REST_OF_SECOND_MS };
}
