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
   * The grace before the first response, by Resurs' clock, else by ours. It stays the same for the whole run: what
   * changes meanwhile is for the next one.
   */
  cutoff(): Date;
}

/** The time is cut to the second, so on the average it is half of one more. */
const HALF_SECOND_MS = 500;

/** Creates the clock of one run. */
export function createResursClock(clock: Clock, graceMs: number): ResursClock {
  let differenceMs: number | null = null;
  let cutoff: Date | null = null;
  return {
    look(date, sentAtMs) {
      cutoff ??= new Date((date?.getTime() ?? sentAtMs) - graceMs);
      if (date === null || differenceMs !== null) return;
      differenceMs = Math.round(date.getTime() + HALF_SECOND_MS - (sentAtMs + clock.now()) / 2);
    },
    differenceMs: () => differenceMs,
    cutoff: () => cutoff ?? new Date(clock.now() - graceMs),
  };
}
