/** How long an event took from its receipt to its delivery. Pure. */
import type { NextStep } from './retry.ts';
import type { Settlement } from './settle.ts';

/** What a settlement that counted has led to. */
export interface SettledDelivery {
  readonly state: NextStep['state'];
  /** From the receipt of the event to its first delivery; null for another state, and for a replay. */
  readonly delayMs: number | null;
}

/** When a settlement was committed. */
export interface SettlingTimes {
  /** When its statement was sent, by Clock.elapsed. */
  readonly sentAtMs: number;
  /** When its transaction began, in milliseconds since 1970 by the database's clock, as the receipt is. */
  readonly nowMs: number;
  /** Sequences of the replayed deliveries that it has finished. */
  readonly replayed: ReadonlySet<number>;
}

/**
 * Measures from the end of the attempt, however long its settlement had to wait, and by the database's clock, so that
 * the clocks of process and database may differ.
 */
export function settledDelivery({ claim, next, ended }: Settlement, times: SettlingTimes): SettledDelivery {
  const { state } = next;
  if (state !== 'delivered' || ended === null || times.replayed.has(claim.sequence)) return { state, delayMs: null };
  const deliveredAtMs = times.nowMs - (times.sentAtMs - ended.atMs);
  return { state, delayMs: Math.max(0, deliveredAtMs - ended.receivedAt.getTime()) };
}
