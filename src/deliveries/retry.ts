/**
 * What follows from an attempt, and when: the whole of the acknowledgement table, as a pure function.
 *
 * A try is used up by an answer that the merchant is answerable for. Our own end (a process that died or was stopped)
 * uses none, and neither does an outage that health.ts has already recognised as one.
 */
import type { Random } from '../lib/clock.ts';
import type { AttemptResult, NextStep } from './attempt.ts';

/** Jitter only adds, so that no schedule is undercut: WEBHOOK_RETRY_SCHEDULE. */
const MAX_JITTER = 0.2;
const MAX_RETRY_AFTER_MS = 3_600_000;
/** From the fifth abandoned attempt in a row on, each uses a try: a delivery that kills its process must end. */
const MAX_FREE_ABANDONED = 4;

/** Answers that mean "never send this again". */
const FINAL_STATUSES = new Set([410, 422]);
/** Answers of a merchant, or of a proxy before it, that is not there at all. */
const OUTAGE_STATUSES = new Set([502, 503, 504]);

export interface RetryContext {
  /** Waits before each retry, in milliseconds; at least one. */
  readonly schedule: readonly number[];
  /** Whether the webhook counted as down before this attempt ended. */
  readonly isWebhookDown: boolean;
  /** Whether so many final refusals came in a row that one more is not believed. */
  readonly distrustsRefusals: boolean;
  readonly random: Random;
}

/** The tries a delivery has used, before the attempt in question. */
export interface TryCounts {
  readonly triesUsed: number;
  readonly abandonedInRow: number;
}

/** Decides where the delivery goes. Total: every outcome has an answer, and none throws. */
export function nextStep(tries: TryCounts, result: AttemptResult, situation: RetryContext): NextStep {
  switch (result.outcome) {
    case 'accepted':
      return { state: 'delivered', triesUsed: tries.triesUsed + 1, abandonedInRow: 0 };
    case 'abandoned':
      return afterAbandoned(tries, situation);
    case 'refused':
      if (isFinalRefusal(result) && !situation.distrustsRefusals) {
        return { state: 'dead_letter', triesUsed: tries.triesUsed + 1, abandonedInRow: 0 };
      }
      return afterFailure(tries, result, situation);
    case 'unreachable':
    case 'timed_out':
      return afterFailure(tries, result, situation);
  }
}

/** True for the answers that end a delivery at once. */
export function isFinalRefusal(result: Pick<AttemptResult, 'outcome' | 'status'>): boolean {
  return result.outcome === 'refused' && result.status !== null && FINAL_STATUSES.has(result.status);
}

function afterAbandoned(tries: TryCounts, situation: RetryContext): NextStep {
  const abandonedInRow = tries.abandonedInRow + 1;
  // It may have been sent: the merchant knows a repeat by its webhook-id, so it goes again without a wait.
  if (abandonedInRow <= MAX_FREE_ABANDONED) {
    return { state: 'pending', waitMs: 0, triesUsed: tries.triesUsed, abandonedInRow };
  }
  return retryOrGiveUp({ triesUsed: tries.triesUsed + 1, abandonedInRow }, tries.triesUsed, 0, situation);
}

function afterFailure(tries: TryCounts, result: AttemptResult, situation: RetryContext): NextStep {
  const isFree = situation.isWebhookDown && isOutage(result);
  const used = { triesUsed: isFree ? tries.triesUsed : tries.triesUsed + 1, abandonedInRow: 0 };
  const askedMs = Math.min(result.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  if (isFree) return { state: 'pending', waitMs: Math.max(askedMs, waitMs(tries.triesUsed, situation)), ...used };
  return retryOrGiveUp(used, tries.triesUsed, askedMs, situation);
}

function retryOrGiveUp(used: TryCounts, failures: number, atLeastMs: number, situation: RetryContext): NextStep {
  if (used.triesUsed > situation.schedule.length) return { state: 'dead_letter', ...used };
  return { state: 'pending', waitMs: Math.max(atLeastMs, waitMs(failures, situation)), ...used };
}

/** The wait after the given number of earlier failures, with jitter; the last one of the schedule goes on for ever. */
function waitMs(failures: number, { schedule, random }: RetryContext): number {
  const base = schedule[Math.min(failures, schedule.length - 1)] ?? 0;
  return base * (1 + MAX_JITTER * random());
}

function isOutage(result: AttemptResult): boolean {
  if (result.outcome === 'unreachable' || result.outcome === 'timed_out') return true;
  return result.status !== null && OUTAGE_STATUSES.has(result.status);
}
