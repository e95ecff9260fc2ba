/** The log lines of the way out: one for each attempt, and one for each time the webhook goes down or comes up. */
import { publicId } from '../events/event.ts';
import type { Logger } from '../lib/logger.ts';
import type { AttemptResult, NextStep } from './attempt.ts';
import { type BreakerState, isOpen } from './breaker-state.ts';
import type { Claim, ClaimRef } from './claim.ts';
import type { SettleResult } from './settle.ts';

interface AttemptLogEntry {
  readonly claim: Claim;
  readonly result: AttemptResult;
  readonly next: NextStep;
  /** `lost`: another process had taken the delivery over; `unsettled`: we stop and the database is away. */
  readonly settled: SettleResult | 'unsettled';
}

/** The merchant's answer is kept in the database, not in the log: it may repeat what we sent. */
export function logAttempt(logger: Logger, { claim, result, next, settled }: AttemptLogEntry): void {
  const line = {
    event: 'delivery.attempted',
    eventId: publicId(claim.eventId),
    type: claim.event.type,
    paymentId: claim.event.paymentId,
    sequence: claim.event.sequence,
    attempt: claim.attempt,
    outcome: result.outcome,
    status: result.status,
    error: result.error,
    durationMs: Math.round(result.durationMs),
    settled,
    ...nextFields(next),
  };
  if (next.state === 'dead_letter') logger.error(line);
  else if (next.state === 'pending' || settled !== 'settled') logger.warn(line);
  else logger.info(line);
}

/** An attempt whose process ended or was stopped while it may have been sent. */
export function logAbandoned(logger: Logger, { claim, next }: { claim: ClaimRef; next: NextStep }): void {
  logger.warn({
    event: 'delivery.abandoned',
    eventId: publicId(claim.eventId),
    attempt: claim.attempt,
    ...nextFields(next),
  });
}

/** Both edges of the webhook's state. */
export function logBreakerChange(logger: Logger, before: BreakerState, after: BreakerState): void {
  if (!isOpen(before) && isOpen(after)) {
    logger.error({ event: 'webhook.down', failuresInRow: after.failuresInRow, error: after.lastError });
  }
  if (isOpen(before) && !isOpen(after)) logger.info({ event: 'webhook.up' });
}

function nextFields(next: NextStep): { state: string; nextAttemptInMs: number | null } {
  return { state: next.state, nextAttemptInMs: next.state === 'pending' ? Math.round(next.waitMs) : null };
}
