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
import { allowance, isDown, type WebhookHealth } from './health.ts';
import { createJudge } from './judge.ts';
import { logAttempt } from './log.ts';
import type { Claim, ExpiredClaim } from './outbox.ts';
import type { Outbox } from './outbox-port.ts';
import { giveTurn, settleAtLast, settleExpired } from './settling.ts';
import { createStock } from './stock.ts';

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
}

export interface Carrier {
  /** How many claims can be used now; while the webhook is down one, when a probe is due. */
  wanted(): number;
  /** Waits for claims to be made, and learns how long that takes beside the requests. */
  observe<T>(claim: Promise<T>): Promise<T>;
  /** Sends them, in this order, as places fall free, and sees each attempt through. */
  carry(claims: readonly Claim[]): void;
  /** Writes down the attempts of claims that nobody settled. */
  settleAbandoned(expired: readonly ExpiredClaim[]): Promise<void>;
  /** Attempts under way, those that wait to be settled among them. */
  inFlight(): number;
  health(): WebhookHealth;
  /** Hands over claims that will not be sent from here: they waited for too long, or the webhook went down. */
  takeSpare(): Claim[];
  /** Hands over all claims that were not sent yet. */
  takeUnsent(): Claim[];
  /** Waits up to `graceMs` for attempts in flight, then abandons them; resolves when all are settled or given up. */
  stop(graceMs: number): Promise<void>;
}

/** When there may be something to claim: a place is free; or a settlement has given a turn, or room. */
export interface Occasions {
  onRequestEnd(): void;
  onSettled(): void;
}

export function createCarrier(options: CarrierOptions, { onRequestEnd, onSettled }: Occasions): Carrier {
  const { clock, concurrency, outbox } = options;
  const abandon = new AbortController();
  const underWay = new Set<Promise<void>>();
  const judge = createJudge(options);
  const stock = createStock();
  let sending = 0;
  const spare: Claim[] = [];

  async function attempt(claim: Claim): Promise<void> {
    const wasProbe = judge.isDown();
    const result = await options.send(claim, abandon.signal);
    options.onAttempt(result);
    const settlement = { claim, record: result, next: judge.decide(claim, result, wasProbe) };
    endRequest();
    const settled = await settleAtLast(outbox, settlement, abandon.signal);
    if (settled === 'settled') await giveTurn(outbox, settlement);
    logAttempt(options.logger, { claim, result, next: settlement.next, settled });
  }

  function endRequest(): void {
    sending -= 1;
    stock.countEnd();
    if (judge.isDown()) spare.push(...stock.takeAll());
    sendNext();
    onRequestEnd();
  }

  function sendNext(): void {
    while (sending < concurrency) {
      const claim = stock.take();
      if (claim === undefined) return;
      sending += 1;
      const done = attempt(claim).finally(() => {
        underWay.delete(done);
        onSettled();
      });
      underWay.add(done);
    }
  }

  return {
    wanted() {
      const health = judge.health();
      if (isDown(health)) return allowance(health, underWay.size, concurrency, clock.elapsed());
      const free = allowance(health, sending, concurrency, clock.elapsed());
      return stock.wanted(free, underWay.size - sending);
    },
    observe: stock.observe,
    carry(claims) {
      stock.add(claims, clock.elapsed());
      sendNext();
    },
    async settleAbandoned(expired) {
      await Promise.all(expired.map((claim) => settleExpired(options, judge, claim)));
    },
    inFlight: () => underWay.size,
    takeSpare: () => [...spare.splice(0), ...stock.takeLate(clock.elapsed())],
    takeUnsent: () => [...spare.splice(0), ...stock.takeAll()],
    health: judge.health,
    stop: (graceMs) => endWithin(graceMs, underWay, abandon),
  };
}

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
