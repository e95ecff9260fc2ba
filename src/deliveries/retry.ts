/**
 * Decides what follows an attempt, and when: the whole acknowledgement table (docs/delivery.md) as a pure function.
 *
 * A try is used by a response that the merchant is responsible for. A failure on our side (a process that died or was
 * stopped) uses none, and neither does an outage that circuit-breaker.ts has already detected.
 */
import type { AttemptOutcome } from '../db/schema.ts';
import type { Random } from '../lib/clock.ts';

/** Jitter only adds, so that no delay is shorter than WEBHOOK_RETRY_SCHEDULE says. */
const MAX_JITTER = 0.2;
const MAX_RETRY_AFTER_MS = 3_600_000;
/** From the fifth abandoned attempt in a row on, each uses a try: a delivery that kills its process must end. */
const MAX_FREE_ABANDONED = 4;

/** Responses that mean "never send this again". */
const FINAL_STATUSES = new Set([410, 422]);
/** Responses of a merchant that is down, or of a proxy before it. */
const OUTAGE_STATUSES = new Set([502, 503, 504]);

/** One request to the merchant, in the words that decisions use and the database keeps. */
export interface AttemptRecord {
  readonly outcome: AttemptOutcome;
  readonly durationMs: number;
  /** The merchant's HTTP status; null without a response. */
  readonly status: number | null;
  /** A code or a few words; null when accepted. */
  readonly error: string | null;
  /** The start of the merchant's response; null without one. */
  readonly answer: string | null;
}

export interface AttemptResult extends AttemptRecord {
  /**
   * What the merchant asked to wait (429 and 503 only), in milliseconds from the response; null when it did not ask.
   */
  readonly retryAfterMs: number | null;
}

/** The tries a delivery has used, before the attempt in question. */
export interface TryCounts {
  readonly triesUsed: number;
  readonly abandonedInRow: number;
}

/** Where a delivery goes after an attempt. `waitMs` is the time until the next one. */
export type NextStep = TryCounts &
  ({ readonly state: 'delivered' | 'dead_letter' } | { readonly state: 'pending'; readonly waitMs: number });

export interface RetryContext {
  /** Delays before each retry, in milliseconds; at least one. */
  readonly schedule: readonly number[];
  /** Whether the circuit breaker was open before this attempt ended. */
  readonly isWebhookDown: boolean;
  /** Whether so many final refusals came in a row that one more is retried. */
  readonly distrustsRefusals: boolean;
  readonly random: Random;
}

/** Decides where the delivery goes. Total: every outcome has a next step, and none throws. */
export function nextStep(tries: TryCounts, result: AttemptResult, context: RetryContext): NextStep {
  switch (result.outcome) {
    case 'accepted':
      return { state: 'delivered', triesUsed: tries.triesUsed + 1, abandonedInRow: 0 };
    case 'abandoned':
      return afterAbandoned(tries, context);
    case 'refused':
      if (isFinalRefusal(result) && !context.distrustsRefusals) {
        return { state: 'dead_letter', triesUsed: tries.triesUsed + 1, abandonedInRow: 0 };
      }
      return afterFailure(tries, result, context);
    case 'unreachable':
    case 'timed_out':
      return afterFailure(tries, result, context);
  }
}

/** True for the responses that end a delivery at once. */
export function isFinalRefusal(result: Pick<AttemptResult, 'outcome' | 'status'>): boolean {
  return result.outcome === 'refused' && result.status !== null && FINAL_STATUSES.has(result.status);
}

function afterAbandoned(tries: TryCounts, context: RetryContext): NextStep {
  const abandonedInRow = tries.abandonedInRow + 1;
  // It may have been sent: the merchant recognizes a repeat by its webhook-id, so it is sent again without a delay.
  if (abandonedInRow <= MAX_FREE_ABANDONED) {
    return { state: 'pending', waitMs: 0, triesUsed: tries.triesUsed, abandonedInRow };
  }
  return retryOrGiveUp({ triesUsed: tries.triesUsed + 1, abandonedInRow }, tries.triesUsed, 0, context);
}

function afterFailure(tries: TryCounts, result: AttemptResult, context: RetryContext): NextStep {
  const isFree = context.isWebhookDown && isOutage(result);
  const used = { triesUsed: isFree ? tries.triesUsed : tries.triesUsed + 1, abandonedInRow: 0 };
  const retryAfterMs = Math.min(result.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  if (isFree) return { state: 'pending', waitMs: Math.max(retryAfterMs, delayMs(tries.triesUsed, context)), ...used };
  return retryOrGiveUp(used, tries.triesUsed, retryAfterMs, context);
}

function retryOrGiveUp(used: TryCounts, failures: number, atLeastMs: number, context: RetryContext): NextStep {
  if (used.triesUsed > context.schedule.length) return { state: 'dead_letter', ...used };
  return { state: 'pending', waitMs: Math.max(atLeastMs, delayMs(failures, context)), ...used };
}

/** The delay after the given number of earlier failures, with jitter; the last one of the schedule repeats. */
function delayMs(failures: number, { schedule, random }: RetryContext): number {
  const base = schedule[Math.min(failures, schedule.length - 1)] ?? 0;
  return base * (1 + MAX_JITTER * random());
}

function isOutage(result: AttemptResult): boolean {
  if (result.outcome === 'unreachable' || result.outcome === 'timed_out') return true;
  return result.status !== null && OUTAGE_STATUSES.has(result.status);
}
