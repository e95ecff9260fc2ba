/**
 * Claims that wait for a place, so that a place which falls free need not wait for Postgres.
 *
 * Twice as many are kept as places fall free while one claim is made: none for a merchant who takes a second to answer,
 * dozens for one who answers at once. One that waits too long is released, because the claim's time runs.
 */
import type { Claim } from './outbox.ts';

/** Bounds what a kill leaves behind as abandoned although it was never sent. */
const MAX_AHEAD = 48;
/** Attempts whose outcome is not written down yet: with so many nothing is claimed until Postgres keeps up again. */
const MAX_UNSETTLED = 256;
/** Well below what a claim's time leaves beside the request (docs/delivery.md). */
const MAX_WAIT_MS = 1_000;

export interface Waiting {
  readonly claim: Claim;
  readonly sinceMs: number;
}

export interface Stock {
  /** Adds what one claim brought, in the order in which it is to be sent. */
  add(claims: readonly Claim[], nowMs: number): void;
  /** The next to be sent, and since when it waits. */
  take(): Waiting | undefined;
  /** Those that have waited for too long. */
  takeLate(nowMs: number): Claim[];
  takeAll(): Claim[];
  /** A request has ended. */
  countEnd(): void;
  /** Learns from `claim`, while it runs, how much is worth keeping. Several may run at a time. */
  observe<T>(claim: Promise<T>): Promise<T>;
  /** How many to claim, when so many places are free and so many attempts unsettled. */
  wanted(free: number, unsettled: number): number;
}

export function createStock(): Stock {
  const waiting: Waiting[] = [];
  let ahead = 0;
  let ended = 0;
  const cut = (count: number): Claim[] => waiting.splice(0, count).map(({ claim }) => claim);
  return {
    add(claims, sinceMs) {
      for (const claim of claims) waiting.push({ claim, sinceMs });
    },
    take: () => waiting.shift(),
    takeLate(nowMs) {
      const firstInTime = waiting.findIndex(({ sinceMs }) => nowMs - sinceMs < MAX_WAIT_MS);
      const late = cut(firstInTime === -1 ? waiting.length : firstInTime);
      // The merchant is not so quick any more.
      if (late.length > 0) ahead = 0;
      return late;
    },
    takeAll: () => cut(waiting.length),
    countEnd() {
      ended += 1;
    },
    async observe(claim) {
      const endedBefore = ended;
      try {
        return await claim;
      } finally {
        // Falls by halves: one quick claim says little.
        ahead = Math.min(Math.max(ended - endedBefore, Math.floor(ahead / 2)), MAX_AHEAD);
      }
    },
    wanted(free, unsettled) {
      if (waiting.length > ahead) return 0;
      return Math.max(0, Math.min(free + 2 * ahead - waiting.length, MAX_UNSETTLED - unsettled));
    },
  };
}
