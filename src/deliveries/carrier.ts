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
import type { AttemptResult, NextStep } from './attempt.ts';
import { afterAttempt, areRefusalsDoubted, HEALTHY, isDown, type WebhookHealth } from './health.ts';
import { logAbandoned, logAttempt, logEdge } from './log.ts';
import type { Claim, ClaimedDelivery, ExpiredClaim } from './outbox.ts';
import { followUp } from './retry.ts';
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
  let health = HEALTHY;

  function decide(claim: ClaimedDelivery, result: AttemptResult, wasProbe: boolean): NextStep {
    const situation = { ...options, down: isDown(health), refusalsDoubted: areRefusalsDoubted(health) };
    const next = followUp(claim, result, situation);
    const before = health;
    health = afterAttempt(health, result, { nowMs: options.clock.elapsed(), wasProbe });
    logEdge(options.logger, before, health);
    return next;
  }

  async function attempt(claim: Claim): Promise<void> {
    const wasProbe = isDown(health);
    const result = await options.send(claim, abandon.signal);
    const next = decide(claim, result, wasProbe);
    const settlement = { claim, record: result, next };
    const settled = await settle(settlement);
    if (settled === 'settled') await giveTurn(settlement);
    logAttempt(options.logger, { claim, result, next, settled });
  }

  async function settle(settlement: Settlement): Promise<Settled | 'unsettled'> {
    for (;;) {
      try {
        return await options.outbox.settle(settlement);
      } catch {
        // The dispatcher's own look at the database logs the outage.
        if (abandon.signal.aborted) return 'unsettled';
        await setTimeout(SETTLE_RETRY_MS, undefined, { signal: abandon.signal }).catch(() => undefined);
      }
    }
  }

  /** The next delivery of the payment may go. Whatever prevents this is made good by the sweep of forgotten turns. */
  async function giveTurn({ claim, next }: Settlement): Promise<void> {
    if (next.state !== 'pending') await options.outbox.giveTurn([claim.eventId]).catch(() => undefined);
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
      await Promise.all(
        expired.map(async (claim) => {
          const result = { ...ABANDONED, durationMs: claim.heldMs };
          const next = decide(claim, result, false);
          const settlement = { claim, record: result, next };
          if ((await options.outbox.settle(settlement)) === 'lost') return;
          await giveTurn(settlement);
          logAbandoned(options.logger, { claim, next });
        }),
      );
    },
    inFlight: () => underWay.size,
    health: () => health,
    async stop(graceMs) {
      const settled = new AbortController();
      const grace = setTimeout(graceMs, undefined, { signal: settled.signal }).then(
        () => abandon.abort(),
        () => undefined,
      );
      await Promise.all(underWay);
      settled.abort();
      await grace;
    },
  };
}

const ABANDONED = {
  outcome: 'abandoned',
  status: null,
  error: 'claim expired',
  answer: null,
  retryAfterMs: null,
} as const;
