/**
 * Rates what a shop answered to a sample event: what the real delivery would do with the answer, and whether a shop
 * may answer so. Pure.
 */
import { afterAttempt, type BreakerState, CLOSED, distrustsRefusals } from '../../deliveries/circuit-breaker.ts';
import { type AttemptResult, type NextStep, nextStep } from '../../deliveries/retry.ts';
import type { StoredEvent } from '../../events/event.ts';
import { FACT_TYPES } from '../../events/order-state.ts';

/** A request before it is sent. */
export interface SampleRequest {
  readonly life: string | null;
  readonly paymentId: string;
  readonly event: StoredEvent;
  /** From 2 on it is a repeat: the same webhook-id again. */
  readonly attempt: number;
}

/** `repeat`: an event that came before was refused. `ignorable`: a type that a shop has nothing to do for. */
export type SampleProblem = 'event' | 'repeat' | 'ignorable';

export interface SentSample extends SampleRequest {
  readonly result: AttemptResult;
  readonly next: NextStep;
  /** Null when the answer is right. */
  readonly problem: SampleProblem | null;
}

/** Rates the requests of a run one after the other, since the receiver remembers refusals in a row. */
export function createVerdicts(
  schedule: readonly number[],
): (request: SampleRequest, result: AttemptResult) => SentSample {
  let breaker: BreakerState = CLOSED;
  return (request, result) => {
    const distrusts = distrustsRefusals(breaker);
    // The first try of a delivery, without the jitter: a run is too short to count as an outage.
    const context = { schedule, isWebhookDown: false, distrustsRefusals: distrusts, random: () => 0 };
    const next = nextStep({ triesUsed: 0, abandonedInRow: 0 }, result, context);
    breaker = afterAttempt(breaker, result, { nowMs: 0, wasProbe: false });
    return { ...request, result, next, problem: problemOf(request, result) };
  };
}

function problemOf({ attempt, event }: SampleRequest, { outcome, status }: AttemptResult): SampleProblem | null {
  const isAccepted = outcome === 'accepted';
  if (attempt > 1) return isAccepted ? null : 'repeat';
  if (isIgnorable(event.type)) return isAccepted && status !== CONFLICT ? null : 'ignorable';
  return isAccepted ? null : 'event';
}

/** Means "I have it already", which cannot be true of an event that comes for the first time. */
export const CONFLICT = 409;

function isIgnorable(type: string): boolean {
  return !Object.values(FACT_TYPES).some((known) => known === type);
}
