/**
 * The places among the requests in flight, and the claims that wait for one. While the webhook is down nobody waits: there
 * is one place, when a probe is due and nothing else is under way.
 */
import type { Clock } from '../clock.ts';
import { allowance, isDown } from './health.ts';
import type { Judge } from './judge.ts';
import type { Claim } from './outbox.ts';
import { createStock } from './stock.ts';

export interface PlacesOptions {
  /** Requests in flight at most. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly judge: Judge;
  /** Begins the request of a claim that has got a place, so long after it was made. */
  begin(claim: Claim, waitedMs: number): void;
}

export interface Places {
  /** How many claims can be used now, reserved ones aside. `underWay`: attempts in flight and those that wait to be settled. */
  wanted(underWay: number): number;
  /** Keeps room for claims that are being made elsewhere. A negative count ends a reservation. */
  reserve(count: number): void;
  /** Claims that are being made elsewhere. */
  reserved(): number;
  /** Waits for claims to be made, and learns how long that takes beside the requests. */
  observe<T>(claim: Promise<T>): Promise<T>;
  /** Takes claims in, in this order. */
  add(claims: readonly Claim[]): void;
  /** A request has ended, and its result was judged. */
  free(): void;
  /** Hands over claims that will not be sent from here: they waited for too long, or the webhook went down. */
  takeSpare(): Claim[];
  /** Hands over all claims that were not sent yet. */
  takeUnsent(): Claim[];
  /** Claims that are not to be sent from here, which `takeSpare` hands over. */
  spare(claims: readonly Claim[]): void;
}

export function createPlaces({ concurrency, clock, judge, begin }: PlacesOptions): Places {
  const stock = createStock();
  const spare: Claim[] = [];
  let taken = 0;
  let reserved = 0;

  function fill(): void {
    while (taken < concurrency) {
      const next = stock.take();
      if (next === undefined) return;
      taken += 1;
      begin(next.claim, clock.elapsed() - next.sinceMs);
    }
  }

  return {
    wanted(underWay) {
      const [health, now] = [judge.health(), clock.elapsed()];
      if (isDown(health)) return allowance(health, underWay + reserved, concurrency, now);
      return Math.max(0, stock.wanted(allowance(health, taken, concurrency, now), underWay - taken) - reserved);
    },
    reserve(count) {
      reserved += count;
    },
    reserved: () => reserved,
    observe: stock.observe,
    add(claims) {
      stock.add(claims, clock.elapsed());
      fill();
    },
    free() {
      taken -= 1;
      stock.countEnd();
      // Also here, since nobody asks for what is spare while the database is away.
      spare.push(...(judge.isDown() ? stock.takeAll() : stock.takeLate(clock.elapsed())));
      fill();
    },
    takeSpare: () => [...spare.splice(0), ...stock.takeLate(clock.elapsed())],
    spare: (claims) => void spare.push(...claims),
    takeUnsent: () => [...spare.splice(0), ...stock.takeAll()],
  };
}
