/** A limit on how often something happens: so many times within any span of a given length. */
import type { Clock } from './clock.ts';

export interface Quota {
  /** Takes one place, or says how long none is free. */
  take(): { readonly outcome: 'taken' } | { readonly outcome: 'used_up'; readonly waitMs: number };
}

/** Creates a quota of `limit` places for each span of `windowMs`; a place is free again after that time. */
export function createQuota(limit: number, windowMs: number, clock: Pick<Clock, 'elapsed'>): Quota {
  let taken: readonly number[] = [];
  return {
    take() {
      const nowMs = clock.elapsed();
      taken = taken.filter((atMs) => nowMs - atMs < windowMs);
      const [oldest] = taken;
      if (taken.length >= limit) return { outcome: 'used_up', waitMs: (oldest ?? nowMs) + windowMs - nowMs };
      taken = [...taken, nowMs];
      return { outcome: 'taken' };
    },
  };
}
