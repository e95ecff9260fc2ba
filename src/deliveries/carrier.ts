/**
 * Carries claimed deliveries to their end: a place among the requests in flight, attempt, decision, settlement, a log line.
 *
 * A result that was reached is not forgotten because the database is away: the settlement is tried until it is
 * written, the claim was lost to another process, or the service stops. A place is free again when its request has
 * ended; so many unsettled attempts are allowed as stock.ts says, so a slow database slows the requests, too.
 */
import { setTimeout } from 'node:timers/promises';
import type { Clock, Random } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { AttemptResult } from './attempt.ts';
import type { WebhookHealth } from './health.ts';
import { createJudge } from './judge.ts';
import { logAttempt } from './log.ts';
import type { Claim, ClaimedDelivery, ExpiredClaim } from './outbox.ts';
import type { Outbox } from './outbox-port.ts';
import { createPlaces, type Places } from './places.ts';
import type { Quarantine, RowFailure } from './quarantine.ts';
import { settleAtLast, settleExpired } from './settling.ts';

/** After an outage of the database that was longer than a claim's time; later whoever finds it may settle it. */
const OWN_RESULT_WITHIN_MS = 120_000;

export interface CarrierOptions {
  /** Requests in flight at most. */
  readonly concurrency: number;
  readonly outbox: Outbox;
  send(claim: Claim, signal: AbortSignal): Promise<AttemptResult>;
  readonly schedule: readonly number[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Told of every attempt that was made here. */
  onAttempt(result: AttemptResult): void;
  readonly quarantine: Quarantine;
}

export interface Carrier
  extends Pick<Places, 'observe' | 'reserve' | 'reserved' | 'spare' | 'takeSpare' | 'takeUnsent'> {
  /** How many claims can be used now. */
  wanted(): number;
  /** Sends them, in this order, as places fall free, and sees each attempt through. */
  carry(claims: readonly Claim[]): void;
  /** Writes down the attempts of claims that nobody settled. */
  settleAbandoned(expired: readonly ExpiredClaim[]): Promise<void>;
  /** Attempts under way, those that wait to be settled among them. */
  inFlight(): number;
  health(): WebhookHealth;
  /** Waits up to `graceMs` for attempts in flight, then abandons them; resolves when all are settled or given up. */
  stop(graceMs: number): Promise<void>;
}

/** When there may be something to claim: a place is free; or a settlement has ended. */
export interface Occasions {
  onRequestEnd(): void;
  /** `isQuiet`: it succeeded while the webhook was up, so that it has left nothing to wait for. */
  onSettled(isQuiet: boolean): void;
}

export function createCarrier(options: CarrierOptions, { onRequestEnd, onSettled }: Occasions): Carrier {
  const { clock, outbox } = options;
  const abandon = new AbortController();
  const underWay = new Map<string, Attempt>();
  const judge = createJudge(options);
  const places = createPlaces({ ...options, judge, begin });

  function begin(claim: Claim, waitedMs: number): void {
    const done = attempt(claim, waitedMs).then((isQuiet) => {
      underWay.delete(keyOf(claim));
      onSettled(isQuiet);
    });
    underWay.set(keyOf(claim), { done, sinceMs: clock.elapsed() });
  }

  async function attempt(claim: Claim, waitedMs: number): Promise<boolean> {
    const wasProbe = judge.isDown();
    const result = await options.send(claim, abandon.signal);
    options.onAttempt(result);
    const settlement = { claim, waitedMs, record: result, next: judge.decide(claim, result, wasProbe) };
    places.free();
    onRequestEnd();
    const settled = await settleAtLast(outbox, settlement, abandon.signal);
    logAttempt(options.logger, { claim, result, next: settlement.next, settled });
    return settlement.next.state !== 'pending' && !wasProbe;
  }

  /** Whether its result is known or still awaited here, so that nobody need guess it. */
  function isOurs(claim: ClaimedDelivery): boolean {
    const sinceMs = underWay.get(keyOf(claim))?.sinceMs;
    return sinceMs !== undefined && clock.elapsed() - sinceMs < OWN_RESULT_WITHIN_MS;
  }

  return {
    ...places,
    wanted: () => places.wanted(underWay.size),
    carry: places.add,
    async settleAbandoned(expired) {
      const others = expired.filter((claim) => !isOurs(claim));
      const results = await Promise.allSettled(others.map((claim) => settleExpired(options, judge, claim)));
      const failures = results.flatMap((result, index): RowFailure[] => {
        const delivery = others[index];
        return result.status === 'fulfilled' || delivery === undefined ? [] : [{ delivery, error: result.reason }];
      });
      options.quarantine.failed(failures, others.length - failures.length);
    },
    inFlight: () => underWay.size,
    health: judge.health,
    stop: (graceMs) => endWithin(graceMs, underWay, abandon),
  };
}

interface Attempt {
  readonly done: Promise<void>;
  readonly sinceMs: number;
}

function keyOf({ eventId, token }: ClaimedDelivery): string {
  return `${eventId} ${token}`;
}

/** Waits for what is under way; after `graceMs` it is abandoned, which ends it soon. */
async function endWithin(
  graceMs: number,
  underWay: ReadonlyMap<string, Attempt>,
  abandon: AbortController,
): Promise<void> {
  const ended = new AbortController();
  const grace = setTimeout(graceMs, undefined, { signal: ended.signal }).then(
    () => abandon.abort(),
    () => undefined,
  );
  // What ends may begin another one, which is then abandoned at once.
  while (underWay.size > 0) await Promise.all([...underWay.values()].map(({ done }) => done));
  ended.abort();
  await grace;
}
