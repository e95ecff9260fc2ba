/** Logs deliveries: one line for each attempt. circuit-breaker.ts logs when the webhook goes down or comes up. */
import { publicId } from '../events/public-id.ts';
import type { Logger } from '../lib/logger.ts';
import type { Claim, ClaimRef } from './claim.ts';
import type { AttemptResult, NextStep } from './retry.ts';
import type { SettleResult } from './settle.ts';

interface AttemptLogEntry {
  readonly claim: Claim;
  readonly result: AttemptResult;
  readonly next: NextStep;
  /**
   * `lost`: another process had rescued the delivery; `unsettled`: this one stops while the database is unavailable.
   */
  readonly settled: SettleResult | 'unsettled';
}

/** Logs an attempt. The merchant's response is stored in the database, not logged: it may repeat what was sent. */
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

/** Logs an attempt whose process ended or was stopped after the request may have been sent. */
export function logAbandoned(logger: Logger, { claim, next }: { claim: ClaimRef; next: NextStep }): void {
  logger.warn({
    event: 'delivery.abandoned',
    eventId: publicId(claim.eventId),
    attempt: claim.attempt,
    ...nextFields(next),
  });
}

function nextFields(next: NextStep): { state: string; nextAttemptInMs: number | null } {
  return { state: next.state, nextAttemptInMs: next.state === 'pending' ? Math.round(next.waitMs) : null };
}
