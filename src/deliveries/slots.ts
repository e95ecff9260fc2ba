/**
 * The places among the requests in flight, and the claims that wait for one. While the webhook is down nobody waits: there
 * is one place, when a probe is due and nothing else is under way.
 */
import type { Clock } from '../lib/clock.ts';
import { freeSlots, isOpen } from './breaker-state.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { Claim } from './claim.ts';
import { createPrefetchBuffer } from './prefetch.ts';

export interface PlacesOptions {
  /** Requests in flight at most. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly judge: CircuitBreaker;
  /** Begins the request of a claim that has got a place, so long after it was made. */
  start(claim: Claim, waitedMs: number): void;
}

export interface Slots {
  /** How many claims can be used now, reserved ones aside. `inFlight`: attempts in flight and those that wait to be settled. */
  claimLimit(inFlight: number): number;
  /** Keeps room for claims that are being made elsewhere. A negative count ends a reservation. */
  reserve(count: number): void;
  /** Claims that are being made elsewhere. */
  reserved(): number;
  /** Waits for claims to be made, and learns how long that takes beside the requests. */
  measureClaim<T>(claim: Promise<T>): Promise<T>;
  /** Takes claims in, in this order. */
  add(claims: readonly Claim[]): void;
  /** A request has ended, and its result was judged. */
  release(): void;
  /** Hands over claims that will not be sent from here: they waited for too long, or the webhook went down. */
  takeUnsendable(): Claim[];
  /** Hands over all claims that were not sent yet. */
  takeUnsent(): Claim[];
  /** Claims that are not to be sent from here, which `takeUnsendable` hands over. */
  markUnsendable(claims: readonly Claim[]): void;
}

export function createSlots({ concurrency, clock, judge, start }: PlacesOptions): Slots {
  const buffer = createPrefetchBuffer();
  const markUnsendable: Claim[] = [];
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
      const [health, now] = [judge.health(), clock.elapsed()];
      if (isOpen(health)) return freeSlots(health, inFlight + reserved, concurrency, now);
      return Math.max(0, buffer.claimLimit(freeSlots(health, used, concurrency, now), inFlight - used) - reserved);
    },
    reserve(count) {
      reserved += count;
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
      // Also here, since nobody asks for what is spare while the database is away.
      markUnsendable.push(...(judge.isOpen() ? buffer.takeAll() : buffer.takeStale(clock.elapsed())));
      fill();
    },
    takeUnsendable: () => [...markUnsendable.splice(0), ...buffer.takeStale(clock.elapsed())],
    markUnsendable: (claims) => void markUnsendable.push(...claims),
    takeUnsent: () => [...markUnsendable.splice(0), ...buffer.takeAll()],
  };
}
