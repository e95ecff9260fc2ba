/**
 * Carries claimed deliveries to their end: a place among the requests in flight, attempt, decision, settlement, a log line.
 *
 * A result that was reached is not forgotten because the database is away: the settlement is tried until it is
 * written, the claim was lost to another process, or the service stops. A place is free again when its request has
 * ended; so many unsettled attempts are allowed as stock.ts says, so a slow database slows the requests, too.
 */
import { setTimeout } from 'node:timers/promises';
import type { Clock, Random } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { AttemptResult } from './attempt.ts';
import type { BreakerState } from './breaker-state.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import type { Claim, ClaimRef, ExpiredClaim } from './claim.ts';
import { logAttempt } from './delivery-log.ts';
import type { Outbox } from './outbox.ts';
import type { Quarantine, RowFailure } from './quarantine.ts';
import { settleExpiredClaim, settleWithRetry } from './settle-attempt.ts';
import { createSlots, type Slots } from './slots.ts';

/** After an outage of the database that was longer than a claim's time; later whoever finds it may settle it. */
const OWN_RESULT_TIMEOUT_MS = 120_000;

export interface DeliveryWorkerOptions {
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

export interface DeliveryWorker
  extends Pick<Slots, 'measureClaim' | 'reserve' | 'reserved' | 'markUnsendable' | 'takeUnsendable' | 'takeUnsent'> {
  /** How many claims can be used now. */
  claimLimit(): number;
  /** Sends them, in this order, as places fall free, and sees each attempt through. */
  run(claims: readonly Claim[]): void;
  /** Writes down the attempts of claims that nobody settled. */
  settleExpired(expired: readonly ExpiredClaim[]): Promise<void>;
  /** Attempts under way, those that wait to be settled among them. */
  inFlight(): number;
  health(): BreakerState;
  /** Waits up to `graceMs` for attempts in flight, then abandons them; resolves when all are settled or given up. */
  stop(graceMs: number): Promise<void>;
}

/** When there may be something to claim: a place is free; or a settlement has ended. */
export interface WorkerEvents {
  onRequestEnd(): void;
  /** `isQuiet`: it succeeded while the webhook was up, so that it has left nothing to wait for. */
  onSettled(isQuiet: boolean): void;
}

export function createDeliveryWorker(
  options: DeliveryWorkerOptions,
  { onRequestEnd, onSettled }: WorkerEvents,
): DeliveryWorker {
  const { clock, outbox } = options;
  const abandon = new AbortController();
  const inFlight = new Map<string, Attempt>();
  const judge = createCircuitBreaker(options);
  const places = createSlots({ ...options, judge, start: begin });

  function begin(claim: Claim, waitedMs: number): void {
    const done = attempt(claim, waitedMs).then((isQuiet) => {
      inFlight.delete(keyOf(claim));
      onSettled(isQuiet);
    });
    inFlight.set(keyOf(claim), { done, sinceMs: clock.elapsed() });
  }

  async function attempt(claim: Claim, waitedMs: number): Promise<boolean> {
    const wasProbe = judge.isOpen();
    const result = await options.send(claim, abandon.signal);
    options.onAttempt(result);
    const settlement = { claim, waitedMs, record: result, next: judge.onResult(claim, result, wasProbe) };
    places.release();
    onRequestEnd();
    const settled = await settleWithRetry(outbox, settlement, abandon.signal);
    logAttempt(options.logger, { claim, result, next: settlement.next, settled });
    return settlement.next.state !== 'pending' && !wasProbe;
  }

  /** Whether its result is known or still awaited here, so that nobody need guess it. */
  function isInFlightHere(claim: ClaimRef): boolean {
    const sinceMs = inFlight.get(keyOf(claim))?.sinceMs;
    return sinceMs !== undefined && clock.elapsed() - sinceMs < OWN_RESULT_TIMEOUT_MS;
  }

  return {
    ...places,
    claimLimit: () => places.claimLimit(inFlight.size),
    run: places.add,
    async settleExpired(expired) {
      const others = expired.filter((claim) => !isInFlightHere(claim));
      const results = await Promise.allSettled(others.map((claim) => settleExpiredClaim(options, judge, claim)));
      const failures = results.flatMap((result, index): RowFailure[] => {
        const delivery = others[index];
        return result.status === 'fulfilled' || delivery === undefined ? [] : [{ delivery, error: result.reason }];
      });
      options.quarantine.failed(failures, others.length - failures.length);
    },
    inFlight: () => inFlight.size,
    health: judge.health,
    stop: (graceMs) => drain(graceMs, inFlight, abandon),
  };
}

interface Attempt {
  readonly done: Promise<void>;
  readonly sinceMs: number;
}

function keyOf({ eventId, token }: ClaimRef): string {
  return `${eventId} ${token}`;
}

/** Waits for what is under way; after `graceMs` it is abandoned, which ends it soon. */
async function drain(graceMs: number, inFlight: ReadonlyMap<string, Attempt>, abandon: AbortController): Promise<void> {
  const ended = new AbortController();
  const grace = setTimeout(graceMs, undefined, { signal: ended.signal }).then(
    () => abandon.abort(),
    () => undefined,
  );
  // What ends may begin another one, which is then abandoned at once.
  while (inFlight.size > 0) await Promise.all([...inFlight.values()].map(({ done }) => done));
  ended.abort();
  await grace;
}
