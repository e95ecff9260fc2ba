/**
 * Runs one claimed delivery: sends the request, decides what follows, settles, logs.
 *
 * A known result is never dropped because the database is unavailable: the settlement is retried until it is committed,
 * the claim is lost to another process, or the service stops. The slot is free once the request has ended. prefetch.ts
 * bounds the unsettled attempts, so a slow database slows the requests, too.
 */
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { Claim, ClaimRef, ExpiredClaim } from './claim.ts';
import { logAttempt } from './delivery-log.ts';
import type { Outbox } from './outbox.ts';
import type { Quarantine, RowFailure } from './quarantine.ts';
import type { AttemptResult } from './retry.ts';
import { settleExpiredClaim, settleWithRetry } from './settle-attempt.ts';

/**
 * How long a known result protects its claim after a database outage that outlived the lease. After that, any process
 * may settle it as expired.
 */
const OWN_RESULT_TIMEOUT_MS = 120_000;

export interface DeliveryWorkerOptions {
  readonly outbox: Outbox;
  readonly circuitBreaker: CircuitBreaker;
  readonly quarantine: Quarantine;
  readonly clock: Clock;
  readonly logger: Logger;
  send(claim: Claim, signal: AbortSignal): Promise<AttemptResult>;
  /** Called after every attempt that was made here. */
  onAttempt(result: AttemptResult): void;
  /** The request has ended and the circuit breaker has counted its result: the slot is free. */
  onResponded(): void;
  /**
   * The settlement has ended. `isQuiet`: it succeeded while the circuit breaker was closed, so there is nothing to wait
   * for.
   */
  onSettled(isQuiet: boolean): void;
}

export interface DeliveryWorker {
  /** Starts the request of a claim, which waited `waitedMs` for its slot, and completes the attempt. */
  run(claim: Claim, waitedMs: number): void;
  /** Settles expired claims as abandoned, except those whose result is known or awaited here. */
  settleExpired(expired: readonly ExpiredClaim[]): Promise<void>;
  /** How many attempts are in flight, those not settled yet included. */
  inFlight(): number;
  /** Waits up to `graceMs` for attempts in flight, then abandons them; resolves when all are settled or given up. */
  stop(graceMs: number): Promise<void>;
}

/** Creates a worker without attempts. It reports through `onResponded` and `onSettled`. */
export function createDeliveryWorker(options: DeliveryWorkerOptions): DeliveryWorker {
  const { clock, circuitBreaker, outbox } = options;
  const abandon = new AbortController();
  const inFlight = new Map<string, Attempt>();

  async function attempt(claim: Claim, waitedMs: number): Promise<boolean> {
    const wasProbe = circuitBreaker.isOpen();
    const result = await options.send(claim, abandon.signal);
    options.onAttempt(result);
    const ended = { receivedAt: claim.event.receivedAt, atMs: clock.elapsed() };
    const next = circuitBreaker.onResult(claim, result, wasProbe);
    const settlement = { claim, waitedMs, record: result, next, ended };
    options.onResponded();
    const settled = await settleWithRetry(outbox, settlement, abandon.signal);
    logAttempt(options.logger, { claim, result, next, settled });
    return next.state !== 'pending' && !wasProbe;
  }

  /** Whether the claim's result is known or awaited here, so that it must not be settled as expired. */
  function isInFlightHere(claim: ClaimRef): boolean {
    const sinceMs = inFlight.get(keyOf(claim))?.sinceMs;
    return sinceMs !== undefined && clock.elapsed() - sinceMs < OWN_RESULT_TIMEOUT_MS;
  }

  return {
    run(claim, waitedMs) {
      const done = attempt(claim, waitedMs).then((isQuiet) => {
        inFlight.delete(keyOf(claim));
        options.onSettled(isQuiet);
      });
      inFlight.set(keyOf(claim), { done, sinceMs: clock.elapsed() });
    },
    async settleExpired(expired) {
      const others = expired.filter((claim) => !isInFlightHere(claim));
      const results = await Promise.allSettled(others.map((claim) => settleExpiredClaim(options, claim)));
      const failures = results.flatMap((result, index): RowFailure[] => {
        const delivery = others[index];
        return result.status === 'fulfilled' || delivery === undefined ? [] : [{ delivery, error: result.reason }];
      });
      options.quarantine.failed(failures, others.length - failures.length);
    },
    inFlight: () => inFlight.size,
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

/** Waits for the attempts in flight; after `graceMs` they are abandoned, which ends them soon. */
async function drain(graceMs: number, inFlight: ReadonlyMap<string, Attempt>, abandon: AbortController): Promise<void> {
  const ended = new AbortController();
  const grace = setTimeout(graceMs, undefined, { signal: ended.signal }).then(
    () => abandon.abort(),
    () => undefined,
  );
  // One that ends may start another, which is then abandoned at once.
  while (inFlight.size > 0) await Promise.all([...inFlight.values()].map(({ done }) => done));
  ended.abort();
  await grace;
}
