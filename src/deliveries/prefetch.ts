/**
 * Claims that wait for a place, so that a place which falls free need not wait for Postgres.
 *
 * Twice as many are kept as places fall free while one claim is made: none for a merchant who takes a second to answer,
 * dozens for one who answers at once. One that waits too long is released, because the claim's time runs.
 */
import type { Claim } from './claim.ts';

/** Bounds what a kill leaves behind as abandoned although it was never sent. */
const MAX_PREFETCH = 48;
/** Attempts whose outcome is not written down yet: with so many nothing is claimed until Postgres keeps up again. */
const MAX_UNSETTLED = 256;
/** Well below what a claim's time leaves beside the request (docs/delivery.md). */
const MAX_WAIT_MS = 1_000;

export interface BufferedClaim {
  readonly claim: Claim;
  readonly sinceMs: number;
}

export interface PrefetchBuffer {
  /** Adds what one claim brought, in the order in which it is to be sent. */
  add(claims: readonly Claim[], nowMs: number): void;
  /** The next to be sent, and since when it waits. */
  take(): BufferedClaim | undefined;
  /** Those that have waited for too long. */
  takeStale(nowMs: number): Claim[];
  takeAll(): Claim[];
  /** A request has ended. */
  requestEnded(): void;
  /** Learns from `claim`, while it runs, how much is worth keeping. Several may run at a time. */
  measureClaim<T>(claim: Promise<T>): Promise<T>;
  /** How many to claim, when so many places are free and so many attempts unsettled. */
  claimLimit(free: number, unsettled: number): number;
}

export function createPrefetchBuffer(): PrefetchBuffer {
  const waiting: BufferedClaim[] = [];
  let depth = 0;
  let ended = 0;
  const removeFirst = (count: number): Claim[] => waiting.splice(0, count).map(({ claim }) => claim);
  return {
    add(claims, sinceMs) {
      for (const claim of claims) waiting.push({ claim, sinceMs });
    },
    take: () => waiting.shift(),
    takeStale(nowMs) {
      const firstInTime = waiting.findIndex(({ sinceMs }) => nowMs - sinceMs < MAX_WAIT_MS);
      const late = removeFirst(firstInTime === -1 ? waiting.length : firstInTime);
      // The merchant is not so quick any more.
      if (late.length > 0) depth = 0;
      return late;
    },
    takeAll: () => removeFirst(waiting.length),
    requestEnded() {
      ended += 1;
    },
    async measureClaim(claim) {
      const endedBefore = ended;
      try {
        return await claim;
      } finally {
        // Falls by halves: one quick claim says little.
        depth = Math.min(Math.max(ended - endedBefore, Math.floor(depth / 2)), MAX_PREFETCH);
      }
    },
    claimLimit(free, unsettled) {
      if (waiting.length > depth) return 0;
      return Math.max(0, Math.min(free + 2 * depth - waiting.length, MAX_UNSETTLED - unsettled));
    },
  };
}
