/**
 * Carries one claimed delivery to its end: attempt, decision, settlement, one log line.
 *
 * A result that was reached is not forgotten because the database is away: the settlement is tried until it is
 * written, the claim was lost to another process, or the service stops. Meanwhile it holds its place, so that an
 * outage of the database also slows the requests to the merchant.
 */
import { setTimeout } from 'node:timers/promises';
import type { Clock, Random } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { AttemptResult } from './attempt.ts';
import type { WebhookHealth } from './health.ts';
import { createJudge } from './judge.ts';
import { logAbandoned, logAttempt } from './log.ts';
import type { Claim, ClaimedDelivery, ExpiredClaim } from './outbox.ts';
import type { Settled, Settlement } from './settle.ts';

const SETTLE_RETRY_MS = 250;

/** What the dispatcher asks of the database. */
export interface Outbox {
  claim(limit: number): Promise<Claim[]>;
  settle(settlement: Settlement): Promise<Settled>;
  giveBack(claims: readonly ClaimedDelivery[]): Promise<void>;
  giveTurn(eventIds: readonly string[]): Promise<void>;
  giveForgottenTurns(): Promise<number>;
  expired(): Promise<ExpiredClaim[]>;
  nextDueInMs(): Promise<number | null>;
}

export interface CarrierOptions {
  readonly outbox: Outbox;
  send(claim: Claim, signal: AbortSignal): Promise<AttemptResult>;
  readonly schedule: readonly number[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Told of every attempt that was made here. */
  onAttempt(result: AttemptResult): void;
}

export interface Carrier {
  /** Starts an attempt of the delivery and sees it through. */
  carry(claim: Claim): void;
  /** Writes down the attempts of claims that nobody settled. */
  settleAbandoned(expired: readonly ExpiredClaim[]): Promise<void>;
  inFlight(): number;
  health(): WebhookHealth;
  /** Waits up to `graceMs` for attempts in flight, then abandons them; resolves when all are settled or given up. */
  stop(graceMs: number): Promise<void>;
}

export function createCarrier(options: CarrierOptions, onPlaceFree: () => void): Carrier {
  const abandon = new AbortController();
  const underWay = new Set<Promise<void>>();
  const judge = createJudge(options);

  async function attempt(claim: Claim): Promise<void> {
    const wasProbe = judge.isDown();
    const result = await options.send(claim, abandon.signal);
    options.onAttempt(result);
    const settlement = { claim, record: result, next: judge.decide(claim, result, wasProbe) };
    const settled = await settleAtLast(options.outbox, settlement, abandon.signal);
    if (settled === 'settled') await giveTurn(options.outbox, settlement);
    logAttempt(options.logger, { claim, result, next: settlement.next, settled });
  }

  async function settleExpired(claim: ExpiredClaim): Promise<void> {
    const result = { ...EXPIRED, durationMs: claim.heldMs };
    const settlement = { claim, record: result, next: judge.decide(claim, result, false) };
    if ((await options.outbox.settle(settlement)) === 'lost') return;
    await giveTurn(options.outbox, settlement);
    logAbandoned(options.logger, settlement);
  }

  return {
    carry(claim) {
      const done = attempt(claim).finally(() => {
        underWay.delete(done);
        onPlaceFree();
      });
      underWay.add(done);
    },
    async settleAbandoned(expired) {
      await Promise.all(expired.map(settleExpired));
    },
    inFlight: () => underWay.size,
    health: judge.health,
    stop: (graceMs) => endWithin(graceMs, underWay, abandon),
  };
}

const EXPIRED = {
  outcome: 'abandoned',
  status: null,
  error: 'claim expired',
  answer: null,
  retryAfterMs: null,
} as const;

/** Waits for what is under way; after `graceMs` it is abandoned, which ends it soon. */
async function endWithin(
  graceMs: number,
  underWay: ReadonlySet<Promise<void>>,
  abandon: AbortController,
): Promise<void> {
  const ended = new AbortController();
  const grace = setTimeout(graceMs, undefined, { signal: ended.signal }).then(
    () => abandon.abort(),
    () => undefined,
  );
  await Promise.all(underWay);
  ended.abort();
  await grace;
}

/** `unsettled`: the service stops and the database is away; the claim will expire. */
async function settleAtLast(
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
async function giveTurn(outbox: Outbox, { claim, next }: Settlement): Promise<void> {
  if (next.state !== 'pending') await outbox.giveTurn([claim.eventId]).catch(() => undefined);
}
