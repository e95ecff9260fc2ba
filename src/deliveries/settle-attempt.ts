/** Settles attempts: retries a settlement until it is committed, and settles expired claims as abandoned. */
import { setTimeout } from 'node:timers/promises';
import { classifyDatabaseError } from '../db/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { asciiOnly } from '../lib/storable.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { ExpiredClaim } from './claim.ts';
import { logAbandoned } from './delivery-log.ts';
import type { Outbox } from './outbox.ts';
import type { Settlement, SettleResult } from './settle.ts';

const SETTLE_RETRY_MS = 250;
/** A row that the database refuses so often is left to expire; the rescue then sets it aside. */
const MAX_REFUSALS = 5;

/**
 * `unsettled`: the service stops while the database is unavailable, or the database refuses the row; the claim will
 * expire. A refused row is tried again with its texts in ASCII: what the merchant wrote must not be the reason.
 */
export async function settleWithRetry(
  outbox: Outbox,
  settlement: Settlement,
  abandon: AbortSignal,
): Promise<SettleResult | 'unsettled'> {
  let refusals = 0;
  for (;;) {
    try {
      return await outbox.settle(refusals === 0 ? settlement : withPlainTexts(settlement));
    } catch (error) {
      // The dispatcher's own claim query logs the outage.
      if (classifyDatabaseError(error) === 'bad_row') refusals += 1;
      if (abandon.aborted || refusals >= MAX_REFUSALS) return 'unsettled';
      await setTimeout(SETTLE_RETRY_MS, undefined, { signal: abandon }).catch(() => undefined);
    }
  }
}

function withPlainTexts(settlement: Settlement): Settlement {
  const { error, answer } = settlement.record;
  const plain = (text: string | null) => (text === null ? null : asciiOnly(text));
  return { ...settlement, record: { ...settlement.record, error: plain(error), answer: plain(answer) } };
}

const EXPIRED_RESULT = {
  outcome: 'abandoned',
  status: null,
  error: 'claim expired',
  answer: null,
  retryAfterMs: null,
} as const;

export interface SettleExpiredOptions {
  readonly outbox: Outbox;
  readonly circuitBreaker: CircuitBreaker;
  readonly logger: Logger;
}

/** Records the attempt of a claim that was not settled in time as abandoned. */
export async function settleExpiredClaim(
  { outbox, circuitBreaker, logger }: SettleExpiredOptions,
  claim: ExpiredClaim,
): Promise<void> {
  const result = { ...EXPIRED_RESULT, durationMs: claim.leaseMs };
  const next = circuitBreaker.onResult(claim, result, false);
  const settlement = { claim, waitedMs: 0, record: result, next, ended: null };
  if ((await outbox.settle(settlement)) === 'settled') logAbandoned(logger, settlement);
}
