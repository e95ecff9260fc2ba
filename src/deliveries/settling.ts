/**
 * Settlements seen through: one that was reached here is tried until it is written, and whoever settles gives the next
 * delivery of the payment its turn.
 */
import { setTimeout } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import type { Judge } from './judge.ts';
import { logAbandoned } from './log.ts';
import type { ExpiredClaim } from './outbox.ts';
import type { Outbox } from './outbox-port.ts';
import type { Settled, Settlement } from './settle.ts';

const SETTLE_RETRY_MS = 250;

/** `unsettled`: the service stops and the database is away; the claim will expire. */
export async function settleAtLast(
  outbox: Outbox,
  settlement: Settlement,
  abandon: AbortSignal,
): Promise<Settled | 'unsettled'> {
  for (;;) {
    try {
      return await outbox.settle(settlement);
    } catch {
      // The dispatcher's own look at the database logs the outage.
      if (abandon.aborted) return 'unsettled';
      await setTimeout(SETTLE_RETRY_MS, undefined, { signal: abandon }).catch(() => undefined);
    }
  }
}

/** The next delivery of the payment may go. Whatever prevents this is made good by the sweep of forgotten turns. */
export async function giveTurn(outbox: Outbox, { claim, next }: Settlement): Promise<void> {
  if (next.state !== 'pending') await outbox.giveTurn(claim.eventId).catch(() => undefined);
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
  if ((await outbox.settle(settlement)) === 'lost') return;
  await giveTurn(outbox, settlement);
  logAbandoned(logger, settlement);
}
