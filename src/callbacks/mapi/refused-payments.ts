/**
 * Remembers since when payments are refused that the Merchant API does not know, for the grace before they are accepted.
 * In memory, of this process: nothing is written for a callback that nothing has proven.
 */
import { createBoundedMap } from '../../lib/bounded-map.ts';
import type { Clock } from '../../lib/clock.ts';

export interface RefusedPayments {
  /** Notes a refusal. Returns for how long the payment has been refused, in milliseconds: 0 for the first time. */
  refusedForMs(paymentId: string): number;
}

const MAX_PAYMENTS = 10_000;

/** Creates an empty memory of at most 10 000 payments, the newest ones. */
export function createRefusedPayments(clock: Pick<Clock, 'elapsed'>): RefusedPayments {
  const firstAtMs = createBoundedMap<string, number>(MAX_PAYMENTS);
  return {
    refusedForMs(paymentId) {
      const nowMs = clock.elapsed();
      const sinceMs = firstAtMs.get(paymentId);
      if (sinceMs !== undefined) return nowMs - sinceMs;
      firstAtMs.set(paymentId, nowMs);
      return 0;
    },
  };
}
