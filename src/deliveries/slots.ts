/**
 * Concurrency slots, and the claims prefetched for them. While the circuit breaker is open nothing is prefetched: there
 * is one slot, when a probe is due and nothing else is in flight.
 */
import type { Clock } from '../lib/clock.ts';
import { type CircuitBreaker, freeSlots, isOpen } from './circuit-breaker.ts';
import type { Claim } from './claim.ts';
import { createPrefetchBuffer } from './prefetch.ts';

export interface SlotsOptions {
  /** Maximum number of requests in flight. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly circuitBreaker: Pick<CircuitBreaker, 'isOpen' | 'state'>;
  /** Starts the request of a claim that has got a slot, `waitedMs` after it was claimed. */
  start(claim: Claim, waitedMs: number): void;
}

export interface Slots {
  /** How many claims can be used now, beyond those reserved. `inFlight`: attempts whose result is not settled yet. */
  claimLimit(inFlight: number): number;
  /** Reserves capacity for claims that are being made. */
  reserve(count: number): void;
  /** Ends a reservation of this size. */
  endReservation(count: number): void;
  /** How many claims are being made. */
  reserved(): number;
  /** Waits for a claim and measures how many requests end meanwhile. */
  measureClaim<T>(claim: Promise<T>): Promise<T>;
  /** Adds claims in the order in which they are to be sent, and starts as many as there are free slots. */
  add(claims: readonly Claim[]): void;
  /** Frees a slot, after the circuit breaker has counted the result, and starts the next claim. */
  release(): void;
  /** Adds claims that are not to be sent from here, for `takeUnsendable`. */
  markUnsendable(claims: readonly Claim[]): void;
  /** Removes the claims that are not to be sent from here: they waited too long, or the circuit breaker opened. */
  takeUnsendable(): Claim[];
  /** Removes all claims that were not sent yet. */
  takeUnsent(): Claim[];
}

/** Creates `concurrency` free slots with an empty prefetch buffer. */
export function createSlots({ concurrency, clock, circuitBreaker, start }: SlotsOptions): Slots {
  const buffer = createPrefetchBuffer();
  const unsendable: Claim[] = [];
  let used = 0;
  let reserved = 0;

  function fill(): void {
    while (used < concurrency) {
      const next = buffer.take();
      if (next === undefined) return;
      used += 1;
      start(next.claim, clock.elapsed() - next.sinceMs);
    }
  }

  return {
    claimLimit(inFlight) {
      const [state, nowMs] = [circuitBreaker.state(), clock.elapsed()];
      if (isOpen(state)) return freeSlots(state, inFlight + reserved, concurrency, nowMs);
      return Math.max(0, buffer.claimLimit(freeSlots(state, used, concurrency, nowMs), inFlight - used) - reserved);
    },
    reserve(count) {
      reserved += count;
    },
    endReservation(count) {
      reserved -= count;
    },
    reserved: () => reserved,
    measureClaim: buffer.measureClaim,
    add(claims) {
      buffer.add(claims, clock.elapsed());
      fill();
    },
    release() {
      used -= 1;
      buffer.requestEnded();
      // Also here, because `takeUnsendable` is not called while the database is unavailable.
      unsendable.push(...(circuitBreaker.isOpen() ? buffer.takeAll() : buffer.takeStale(clock.elapsed())));
      fill();
    },
    markUnsendable: (claims) => void unsendable.push(...claims),
    takeUnsendable: () => [...unsendable.splice(0), ...buffer.takeStale(clock.elapsed())],
    takeUnsent: () => [...unsendable.splice(0), ...buffer.takeAll()],
  };
}
