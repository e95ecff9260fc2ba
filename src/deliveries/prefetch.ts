/**
 * The prefetch buffer: claims that wait for a slot, so that a free slot need not wait for Postgres.
 *
 * Prefetches up to twice the number of requests that finish during one claim round trip: none for a merchant that takes
 * a second to respond, dozens for one that responds at once. A claim that waits too long is released, because its lease
 * runs.
 */
import type { Claim } from './claim.ts';

/** Bounds how many claims a kill leaves behind as abandoned although they were never sent. */
const MAX_PREFETCH = 48;
/** Attempts whose result is not stored yet: with so many nothing is claimed until Postgres keeps up again. */
const MAX_UNSETTLED = 256;
/** Well below what a claim's lease leaves beside the request (docs/architecture.md). */
const MAX_WAIT_MS = 1_000;

export interface BufferedClaim {
  readonly claim: Claim;
  readonly sinceMs: number;
}

export interface PrefetchBuffer {
  /** Adds the result of one claim statement, in the order in which it is to be sent. */
  add(claims: readonly Claim[], nowMs: number): void;
  /** Removes the next claim to send. */
  take(): BufferedClaim | undefined;
  /** Removes the claims that have waited too long. */
  takeStale(nowMs: number): Claim[];
  takeAll(): Claim[];
  /** Counts a request that has ended. */
  requestEnded(): void;
  /** Measures during `claim` how much is worth prefetching. Several may run at a time. */
  measureClaim<T>(claim: Promise<T>): Promise<T>;
  /** How many to claim with `free` free slots and `unsettled` attempts not settled yet. */
  claimLimit(free: number, unsettled: number): number;
}

/** Creates an empty buffer that prefetches nothing until it has measured a claim. */
export function createPrefetchBuffer(): PrefetchBuffer {
  const buffered: BufferedClaim[] = [];
  let depth = 0;
  let ended = 0;
  const removeFirst = (count: number): Claim[] => buffered.splice(0, count).map(({ claim }) => claim);
  return {
    add(claims, sinceMs) {
      for (const claim of claims) buffered.push({ claim, sinceMs });
    },
    take: () => buffered.shift(),
    takeStale(nowMs) {
      const firstFresh = buffered.findIndex(({ sinceMs }) => nowMs - sinceMs < MAX_WAIT_MS);
      const stale = removeFirst(firstFresh === -1 ? buffered.length : firstFresh);
      // The merchant has slowed down.
      if (stale.length > 0) depth = 0;
      return stale;
    },
    takeAll: () => removeFirst(buffered.length),
    requestEnded() {
      ended += 1;
    },
    async measureClaim(claim) {
      const endedBefore = ended;
      try {
        return await claim;
      } finally {
        // Decay by half, not to zero: one fast claim is not a trend.
        depth = Math.min(Math.max(ended - endedBefore, Math.floor(depth / 2)), MAX_PREFETCH);
      }
    },
    claimLimit(free, unsettled) {
      if (buffered.length > depth) return 0;
      return Math.max(0, Math.min(free + 2 * depth - buffered.length, MAX_UNSETTLED - unsettled));
    },
  };
}
