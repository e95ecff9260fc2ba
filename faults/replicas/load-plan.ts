/**
 * Plans what is sent and when, from the seed alone, before the run. The callbacks of a payment are spread randomly over
 * the run, in order. Some are sent twice; some commit slowly (slow-commit.ts), with the next one close behind. Pure.
 */
import type { Random } from '../../src/lib/clock.ts';
import { between, randomFor } from '../random.ts';

/** One UPDATE of a payment, identified by its body. */
export interface PlannedCallback {
  readonly paymentId: string;
  /** Counts from 0 within its payment. */
  readonly number: number;
  /** The body; no two are equal. */
  readonly content: string;
  /** When to send it, from the start of the run. */
  readonly atMs: number;
  /** `together`: to two replicas at the same time; `again`: once more after it was accepted. */
  readonly repeat: 'none' | 'together' | 'again';
  /** The id by which slow-commit.ts delays its commit; null for a normal commit. */
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
/** A delayed commit delays its whole batch of callbacks, so a small share is enough to slow down all of them. */
const SHARE_SLOW = 0.015;
/** The share alone would give a short run too few. */
const MIN_SLOW_EVERY = 40;
/** Below a replica's time-outs for statements and locks (db/client.ts), two of them in a row included. */
const SLOW_MS = [300, 700] as const;

/** Returns the callbacks of each payment, in order; `events` in all, divided as evenly as possible. */
export function planLoad({ seed, events, payments, spanMs }: PlanOptions): PlannedCallback[][] {
  const slowShare = Math.max(SHARE_SLOW, events < MIN_SLOW_EVERY * 25 ? 1 / MIN_SLOW_EVERY : 0);
  let lastSlowId = 0;
  return Array.from({ length: payments }, (_, index) => {
    const random = randomFor(seed, 'plan', index);
    const paymentId = String(100_000_000 + index);
    const count = Math.floor(events / payments) + (index < events % payments ? 1 : 0);
    const times = Array.from({ length: count }, () => between(random, [0, spanMs])).sort((a, b) => a - b);
    let wasSlow = false;
    return times.map((atMs, number) => {
      // A slow callback is followed by one that is not slow, so each pair is independent.
      const isSlow = random() < slowShare && !wasSlow && number < count - 1;
      wasSlow = isSlow;
      if (isSlow) lastSlowId += 1;
      const slow = isSlow ? { slow: { id: lastSlowId, ms: Math.round(between(random, SLOW_MS)) } } : {};
      const content = JSON.stringify({
        paymentDiff: { type: 'DEBIT', transactionId: `${paymentId}-${number}` },
        ...slow,
      });
      const repeat = repeatOf(random);
      return { paymentId, number, content, atMs, repeat: isSlow ? 'none' : repeat, slowId: isSlow ? lastSlowId : null };
    });
  });
}

function repeatOf(random: Random): PlannedCallback['repeat'] {
  const draw = random();
  if (draw < SHARE_TOGETHER) return 'together';
  return draw < SHARE_TOGETHER + SHARE_AGAIN ? 'again' : 'none';
}
