/** Settlements seen through: one whose result was reached here is tried until it is written. */
import { setTimeout } from 'node:timers/promises';
import { databaseFaultOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Judge } from './judge.ts';
import { logAbandoned } from './log.ts';
import type { ExpiredClaim } from './outbox.ts';
import type { Outbox } from './outbox-port.ts';
import type { Settled, Settlement } from './settle.ts';

const SETTLE_RETRY_MS = 250;
/** A row that the database refuses so often is left to expire; the rescue then sets it aside. */
const MAX_REFUSALS = 5;

/** `unsettled`: the service stops and the database is away, or it refuses the row; the claim will expire. */
export async function settleAtLast(
  outbox: Outbox,
  settlement: Settlement,
  abandon: AbortSignal,
): Promise<Settled | 'unsettled'> {
  let refusals = 0;
  for (;;) {
    try {
      return await outbox.settle(settlement);
    } catch (error) {
      // The dispatcher's own look at the database logs the outage.
      if (databaseFaultOf(error) === 'bad_row') refusals += 1;
      if (abandon.aborted || refusals >= MAX_REFUSALS) return 'unsettled';
      await setTimeout(SETTLE_RETRY_MS, undefined, { signal: abandon }).catch(() => undefined);
    }
  }
}

const EXPIRED = {
  outcome: 'abandoned',
  status: null,
  error: 'claim expired',
  answer: null,
  retryAfterMs: null,
} as const;

/** Writes down the attempt of a claim that nobody settled in time. */
export async function settleExpired(
  { outbox, logger }: { readonly outbox: Outbox; readonly logger: Logger },
  judge: Judge,
  claim: ExpiredClaim,
): Promise<void> {
  const result = { ...EXPIRED, durationMs: claim.heldMs };
  const settlement = { claim, waitedMs: 0, record: result, next: judge.decide(claim, result, false) };
  if ((await outbox.settle(settlement)) === 'settled') logAbandoned(logger, settlement);
}
