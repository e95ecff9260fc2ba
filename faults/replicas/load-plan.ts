/**
 * Plans what is sent and when, from the seed alone, before the run. One payment in five is the Merchant API's
 * (planned-callback.ts), the others are eCom's. The callbacks of a payment are spread randomly over
 * the run, in order. Some are sent twice; some commit slowly (slow-commit.ts), with the next one close behind. Pure.
 */
import type { Random } from '../../src/lib/clock.ts';
import { between, randomFor } from '../../test/harness/random.ts';
import { type PlannedCallback, plannedPayment, renderContent } from './planned-callback.ts';

export interface PlanOptions {
  readonly seed: number;
  readonly events: number;
  readonly payments: number;
  /** The length of the run. */
  readonly spanMs: number;
  /** Number of the first payment and before the first slow commit (0), so that plans can run beside each other. */
  readonly offset?: number;
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
export function planLoad({ seed, events, payments, spanMs, offset = 0 }: PlanOptions): PlannedCallback[][] {
  const slowShare = Math.max(SHARE_SLOW, events < MIN_SLOW_EVERY * 25 ? 1 / MIN_SLOW_EVERY : 0);
  let lastSlowId = offset;
  return Array.from({ length: payments }, (_, index) => {
    const random = randomFor(seed, 'plan', index);
    const payment = plannedPayment(offset + index);
    const count = Math.floor(events / payments) + (index < events % payments ? 1 : 0);
    const times = Array.from({ length: count }, () => between(random, [0, spanMs])).sort((a, b) => a - b);
    let wasSlow = false;
    return times.map((atMs, number) => {
      // A slow callback is followed by one that is not slow, so each pair is independent.
      const isSlow = random() < slowShare && !wasSlow && number < count - 1;
      wasSlow = isSlow;
      if (isSlow) lastSlowId += 1;
      const slow = isSlow ? { slow: { id: lastSlowId, ms: Math.round(between(random, SLOW_MS)) } } : {};
      const content = renderContent(payment, { number, slow });
      const repeat = repeatOf(random);
      const timing = { atMs, repeat: isSlow ? 'none' : repeat, slowId: isSlow ? lastSlowId : null } as const;
      return { ...payment, ...content, number, ...timing };
    });
  });
}

function repeatOf(random: Random): PlannedCallback['repeat'] {
  const draw = random();
  if (draw < SHARE_TOGETHER) return 'together';
  return draw < SHARE_TOGETHER + SHARE_AGAIN ? 'again' : 'none';
}
