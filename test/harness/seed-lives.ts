/** The lives of a shop's payments as rows of events with their attempts, for `seed-shop.ts`. Pure. */
import type { Random } from '../../src/lib/clock.ts';

export interface SeededAttempt {
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: 'accepted' | 'refused' | 'unreachable' | 'timed_out';
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
}

export interface SeededEvent {
  readonly paymentId: string;
  readonly callback: string;
  readonly type: string;
  readonly result: string | null;
  readonly method: 'GET' | 'POST';
  readonly body: string | null;
  readonly receivedAtMs: number;
  readonly receipts: number;
  readonly orderState: string;
  readonly orderCertain: boolean;
  readonly earlierFacts: string;
  readonly state: 'delivered' | 'dead_letter' | 'pending';
  readonly attempts: readonly SeededAttempt[];
}

export interface SeededLife {
  readonly paymentId: string;
  /** It has everything that a story can have. */
  readonly isStory: boolean;
  readonly events: readonly SeededEvent[];
}

interface Step {
  readonly callback: string;
  readonly type: string;
  readonly result?: string;
  readonly afterMs: number;
  readonly orderState: string;
  readonly fact: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const BOOKED: Step = { callback: 'BOOKED', type: 'payment.booked', afterMs: 0, orderState: 'may_ship', fact: 'booked' };
const FROZEN: Step = {
  callback: 'AUTOMATIC_FRAUD_CONTROL',
  type: 'payment.frozen',
  result: 'FROZEN',
  afterMs: 0,
  orderState: 'on_hold',
  fact: 'frozen',
};
const UNFROZEN: Step = {
  callback: 'UNFREEZE',
  type: 'payment.unfrozen',
  afterMs: 3 * HOUR_MS,
  orderState: 'may_ship',
  fact: 'unfrozen',
};
const UPDATED: Step = {
  callback: 'UPDATE',
  type: 'payment.updated',
  afterMs: HOUR_MS,
  orderState: 'may_ship',
  fact: 'updated',
};
const FINALIZED: Step = {
  callback: 'FINALIZATION',
  type: 'payment.finalized',
  afterMs: 22 * HOUR_MS,
  orderState: 'paid',
  fact: 'finalized',
};
const ANNULLED: Step = {
  callback: 'ANNULMENT',
  type: 'payment.annulled',
  afterMs: 5 * HOUR_MS,
  orderState: 'cancelled',
  fact: 'annulled',
};

/** More often listed is more frequent. */
const LIVES: readonly (readonly Step[])[] = [
  [BOOKED, FINALIZED],
  [BOOKED, FINALIZED],
  [BOOKED, UPDATED, FINALIZED],
  [BOOKED, ANNULLED],
  [FROZEN, UNFROZEN, BOOKED, FINALIZED],
];
const STORY: readonly Step[] = [
  FROZEN,
  { ...BOOKED, afterMs: 4_000 },
  UNFROZEN,
  UPDATED,
  { ...FINALIZED, afterMs: 4 * HOUR_MS },
];

export interface ShopLives {
  readonly nowMs: number;
  readonly payments: number;
  readonly days: number;
  readonly random: Random;
}

/** Returns the lives; the last payments of the shop are the youngest, and the story ended an hour ago. */
export function livesOfShop({ nowMs, payments, days, random }: ShopLives): readonly SeededLife[] {
  const story = lifeOf('100004711', STORY, { startMs: nowMs - 9 * HOUR_MS, nowMs, random, isStory: true });
  const others = Array.from({ length: payments }, (_, index) => {
    const ageMs = ((index + 0.5 + random()) / payments) * days * DAY_MS;
    const steps = LIVES[Math.floor(random() * LIVES.length)] ?? [BOOKED];
    return lifeOf(String(100_005_000 - index), steps, {
      startMs: daytime(nowMs - ageMs),
      nowMs,
      random,
      isStory: false,
    });
  });
  return [story, ...others];
}

/** Few people buy at night: what would happen between midnight and six happens in the evening before. */
function daytime(atMs: number): number {
  return new Date(atMs).getUTCHours() < 6 ? atMs - 7 * HOUR_MS : atMs;
}

interface LifeOptions {
  readonly startMs: number;
  readonly nowMs: number;
  readonly random: Random;
  readonly isStory: boolean;
}

function lifeOf(
  paymentId: string,
  steps: readonly Step[],
  { startMs, nowMs, random, isStory }: LifeOptions,
): SeededLife {
  const events: SeededEvent[] = [];
  let atMs = startMs;
  for (const step of steps) {
    atMs += isStory ? step.afterMs : step.afterMs * (0.5 + random());
    if (atMs > nowMs - MINUTE_MS) break;
    events.push(eventOf(paymentId, step, { atMs: Math.floor(atMs), events, random, isStory }));
  }
  return { paymentId, isStory, events };
}

interface StepOptions {
  readonly atMs: number;
  /** Those before. */
  readonly events: readonly SeededEvent[];
  readonly random: Random;
  readonly isStory: boolean;
}

function eventOf(paymentId: string, step: Step, { atMs, events, random, isStory }: StepOptions): SeededEvent {
  const attempts = isStory && step === UNFROZEN ? storyAttempts(atMs) : attemptsOf(atMs, random);
  const last = attempts.at(-1);
  return {
    paymentId,
    callback: step.callback,
    type: step.type,
    result: step.result ?? null,
    method: step.callback === 'BOOKED' ? 'POST' : 'GET',
    body: step.callback === 'BOOKED' ? BODY : null,
    receivedAtMs: atMs,
    receipts: isStory && step.callback === 'BOOKED' ? 3 : random() < 0.1 ? 2 : 1,
    orderState: step.orderState,
    orderCertain: true,
    earlierFacts: [...new Set(events.map(({ type }) => type.replace('payment.', '')))].join(','),
    state: last?.outcome === 'accepted' ? 'delivered' : attempts.length < MAX_ATTEMPTS ? 'pending' : 'dead_letter',
    attempts,
  };
}

const BODY =
  '{"paymentId":"…","addedPaymentSpecificationLines":[{"id":"1","artNo":"LAMP-2","description":"Bordslampa","quantity":1,"unitMeasure":"st","unitAmountWithoutVat":796.00,"vatPct":25,"totalVatAmount":199.00,"totalAmount":995.00}]}';
const MAX_ATTEMPTS = 4;
/** What refuses, more frequent first. */
const REFUSALS = [
  { outcome: 'refused', status: 503, error: null, answer: 'Service Unavailable' },
  { outcome: 'refused', status: 503, error: null, answer: 'Service Unavailable' },
  { outcome: 'refused', status: 422, error: null, answer: '{"error":"unknown order"}' },
  { outcome: 'timed_out', status: null, error: 'no response within 15000 ms', answer: null },
  { outcome: 'unreachable', status: null, error: 'connect ECONNREFUSED 10.0.4.7:443', answer: null },
] as const;

function attemptsOf(atMs: number, random: Random): SeededAttempt[] {
  const luck = random();
  const failures = luck < 0.93 ? 0 : luck < 0.97 ? 1 : luck < 0.975 ? 2 : MAX_ATTEMPTS;
  const refusal = REFUSALS[Math.floor(random() * REFUSALS.length)] ?? REFUSALS[0];
  const failed = Array.from({ length: failures }, (_, index) => ({
    ...refusal,
    atMs: atMs + 100 + index ** 2 * 5 * MINUTE_MS,
    durationMs: refusal.outcome === 'timed_out' ? 15_000 : 20 + Math.floor(random() * 80),
  }));
  if (failures === MAX_ATTEMPTS) return failed;
  return [
    ...failed,
    accepted(atMs + (failures === 0 ? 8 : failures ** 2 * 5 * MINUTE_MS), 15 + Math.floor(random() ** 3 * 400)),
  ];
}

function storyAttempts(atMs: number): SeededAttempt[] {
  const refused = { outcome: 'refused', status: 503, error: null, answer: 'Service Unavailable' } as const;
  const timedOut = { outcome: 'timed_out', status: null, error: 'no response within 15000 ms', answer: null } as const;
  return [
    { ...refused, atMs: atMs + 12, durationMs: 31 },
    { ...timedOut, atMs: atMs + 6_000, durationMs: 15_000 },
    accepted(atMs + 52_000, 44),
  ];
}

function accepted(atMs: number, durationMs: number): SeededAttempt {
  return { atMs, durationMs, outcome: 'accepted', status: 204, error: null, answer: '' };
}
