/**
 * What is sent, and when: decided before the run, by the seed alone. Every payment has its facts one after another, spread
 * over the run by chance; some come twice, and some commit slowly (slow-commit.ts) with the next one close behind. Pure.
 */
import type { Random } from '../../src/lib/clock.ts';
import { randomFor, within } from '../random.ts';

/** One thing that happened to a payment, to be told in an UPDATE whose body says which. */
export interface Fact {
  readonly paymentId: string;
  /** Counts from 0 within its payment. */
  readonly number: number;
  /** The body of its callback; no two are equal. */
  readonly fact: string;
  /** From the start of the run. */
  readonly atMs: number;
  /** `together`: to two replicas at the same time; `again`: once more after it was taken. */
  readonly repeat: 'none' | 'together' | 'again';
  /** Set when its commit is held up: what slow-commit.ts knows it by. */
  readonly slowId: number | null;
}

export interface PlanOptions {
  readonly seed: number;
  readonly events: number;
  readonly payments: number;
  /** The length of the run. */
  readonly spanMs: number;
}

const SHARE_TOGETHER = 0.04;
const SHARE_AGAIN = 0.04;
/** A held commit also holds its whole group of callbacks, so few of them are enough to slow everybody down. */
const SHARE_SLOW = 0.015;
/** In a short run the share alone would be a handful. */
const MIN_SLOW_EVERY = 40;
/** Below a replica's time-outs for statements and locks (db/client.ts), two of them in a row included. */
const SLOW_MS = [300, 700] as const;

/** The facts of each payment, in order; `events` of them in all, as evenly as they divide. */
export function planLoad({ seed, events, payments, spanMs }: PlanOptions): Fact[][] {
  const slowShare = Math.max(SHARE_SLOW, events < MIN_SLOW_EVERY * 25 ? 1 / MIN_SLOW_EVERY : 0);
  let lastSlowId = 0;
  return Array.from({ length: payments }, (_, index) => {
    const random = randomFor(seed, 'plan', index);
    const paymentId = String(100_000_000 + index);
    const count = Math.floor(events / payments) + (index < events % payments ? 1 : 0);
    const times = Array.from({ length: count }, () => within(random, [0, spanMs])).sort((a, b) => a - b);
    let wasSlow = false;
    return times.map((atMs, number) => {
      // Only with a fact behind it that is not slow itself, so that each pair stands for itself.
      const isSlow = random() < slowShare && !wasSlow && number < count - 1;
      wasSlow = isSlow;
      if (isSlow) lastSlowId += 1;
      const slow = isSlow ? { slow: { id: lastSlowId, ms: Math.round(within(random, SLOW_MS)) } } : {};
      const fact = JSON.stringify({ paymentDiff: { type: 'DEBIT', transactionId: `${paymentId}-${number}` }, ...slow });
      const repeat = repeatOf(random);
      return { paymentId, number, fact, atMs, repeat: isSlow ? 'none' : repeat, slowId: isSlow ? lastSlowId : null };
    });
  });
}

function repeatOf(random: Random): Fact['repeat'] {
  const draw = random();
  if (draw < SHARE_TOGETHER) return 'together';
  return draw < SHARE_TOGETHER + SHARE_AGAIN ? 'again' : 'none';
}
