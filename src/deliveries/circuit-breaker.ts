/**
 * A circuit breaker for the merchant's webhook as this process sees it, with single probes.
 *
 * Five failures in a row open it. While it is open, one probe at a time is sent: the first after a second, then at ever
 * longer intervals. So an outage of hours costs neither the merchant a flood nor the deliveries their tries.
 */
import type { Clock, Random } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { type AttemptResult, isFinalRefusal, type NextStep, nextStep, type TryCounts } from './retry.ts';

const FAILURES_TO_OPEN = 5;
const REFUSALS_TO_DISTRUST = 5;
const FIRST_PROBE_DELAY_MS = 1_000;
const MAX_PROBE_DELAY_MS = 60_000;

export interface BreakerState {
  readonly failuresInRow: number;
  /** 410 and 422 in a row; once they are distrusted, only a 2xx clears it. */
  readonly refusalsInRow: number;
  /** The next probe; null while the breaker is closed. */
  readonly probe: { readonly delayMs: number; readonly dueAtMs: number } | null;
  /** When it opened, on a clock that never steps; null while it is closed. */
  readonly openSinceMs: number | null;
  /** Of the last failure; null after a success. */
  readonly lastError: string | null;
}

export interface CircuitBreakerOptions {
  readonly schedule: readonly number[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface CircuitBreaker {
  /**
   * Decides the delivery's next step by the state before this attempt, then counts the result. `wasProbe`: the attempt
   * was sent while the breaker was open.
   */
  onResult(tries: TryCounts, result: AttemptResult, wasProbe: boolean): NextStep;
  isOpen(): boolean;
  state(): BreakerState;
  /** Makes the next probe due now; false when the breaker is closed. */
  probeNow(): boolean;
}

/** Creates a closed breaker. Its state is the only memory that attempts share. */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  let state = CLOSED;
  return {
    onResult(tries, result, wasProbe) {
      const context = { ...options, isWebhookDown: isOpen(state), distrustsRefusals: distrustsRefusals(state) };
      const next = nextStep(tries, result, context);
      const before = state;
      state = afterAttempt(state, result, { nowMs: options.clock.elapsed(), wasProbe });
      logChange(options.logger, before, state);
      return next;
    },
    isOpen: () => isOpen(state),
    state: () => state,
    probeNow() {
      if (state.probe === null) return false;
      state = { ...state, probe: { ...state.probe, dueAtMs: options.clock.elapsed() } };
      options.logger.info({ event: 'webhook.probe_requested' });
      return true;
    },
  };
}

export const CLOSED: BreakerState = {
  failuresInRow: 0,
  refusalsInRow: 0,
  probe: null,
  openSinceMs: null,
  lastError: null,
};

/** Whether the webhook counts as down: only probes are sent. */
export function isOpen(state: BreakerState): boolean {
  return state.probe !== null;
}

/** Whether one more 410 or 422 is retried like any failure: a bad deploy must not dead-letter everything. */
export function distrustsRefusals(state: BreakerState): boolean {
  return state.refusalsInRow >= REFUSALS_TO_DISTRUST;
}

/** How many attempts may start now. `nowMs` is of a clock that never steps. */
export function freeSlots(state: BreakerState, inFlight: number, concurrency: number, nowMs: number): number {
  if (state.probe === null) return concurrency - inFlight;
  return inFlight === 0 && nowMs >= state.probe.dueAtMs ? 1 : 0;
}

interface AttemptTiming {
  readonly nowMs: number;
  /** The attempt was sent while the breaker was open; only such a failure lengthens the probe interval. */
  readonly wasProbe: boolean;
}

/** The state after an attempt. */
export function afterAttempt(state: BreakerState, result: AttemptResult, timing: AttemptTiming): BreakerState {
  if (result.outcome === 'abandoned') return state;
  if (result.outcome === 'accepted') {
    // 409 proves that the merchant is reachable, but not that its refusals were intended.
    return result.status === 409 ? { ...CLOSED, refusalsInRow: keptRefusals(state) } : CLOSED;
  }
  const failuresInRow = state.failuresInRow + 1;
  const probe = nextProbe(state, failuresInRow, timing);
  return {
    failuresInRow,
    refusalsInRow: isFinalRefusal(result) ? state.refusalsInRow + 1 : keptRefusals(state),
    probe,
    openSinceMs: probe === null ? null : (state.openSinceMs ?? timing.nowMs),
    lastError: result.error,
  };
}

function keptRefusals(state: BreakerState): number {
  return distrustsRefusals(state) ? state.refusalsInRow : 0;
}

function nextProbe(
  state: BreakerState,
  failuresInRow: number,
  { nowMs, wasProbe }: AttemptTiming,
): BreakerState['probe'] {
  if (state.probe !== null && !wasProbe) return state.probe;
  if (failuresInRow < FAILURES_TO_OPEN) return null;
  const delayMs = state.probe === null ? FIRST_PROBE_DELAY_MS : Math.min(state.probe.delayMs * 2, MAX_PROBE_DELAY_MS);
  return { delayMs, dueAtMs: nowMs + delayMs };
}

/** Logs the breaker's opening and closing, once each. */
function logChange(logger: Logger, before: BreakerState, after: BreakerState): void {
  if (!isOpen(before) && isOpen(after)) {
    logger.error({ event: 'webhook.down', failuresInRow: after.failuresInRow, error: after.lastError });
  }
  if (isOpen(before) && !isOpen(after)) logger.info({ event: 'webhook.up' });
}
