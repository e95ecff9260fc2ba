/**
 * Whether the merchant's webhook is up, as this process has seen it: a state and what an attempt makes of it. Pure.
 *
 * Five failures in a row mean down. Then only one probe at a time goes out, a second apart and then ever more rarely,
 * so that an outage of hours costs neither the merchant a flood nor the deliveries their tries.
 */
import type { AttemptResult } from './attempt.ts';
import { isFinalRefusal } from './retry.ts';

const FAILURES_UNTIL_DOWN = 5;
const REFUSALS_UNTIL_DOUBTED = 5;
const FIRST_PROBE_DELAY_MS = 1_000;
const MAX_PROBE_DELAY_MS = 60_000;

export interface BreakerState {
  readonly failuresInRow: number;
  /** 410 and 422 in a row; once doubted, only a 2xx clears it. */
  readonly refusalsInRow: number;
  readonly probe: { readonly delayMs: number; readonly dueAtMs: number } | null;
  /** Of the last failure; null after a success. */
  readonly lastError: string | null;
}

export const CLOSED: BreakerState = { failuresInRow: 0, refusalsInRow: 0, probe: null, lastError: null };

export function isOpen(health: BreakerState): boolean {
  return health.probe !== null;
}

/** Whether one more 410 or 422 is to be retried like any failure: a bad deploy must not dead-letter everything. */
export function distrustsRefusals(health: BreakerState): boolean {
  return health.refusalsInRow >= REFUSALS_UNTIL_DOUBTED;
}

/** How many attempts may start now. `nowMs` is of a clock that never steps. */
export function freeSlots(health: BreakerState, inFlight: number, concurrency: number, nowMs: number): number {
  if (health.probe === null) return concurrency - inFlight;
  return inFlight === 0 && nowMs >= health.probe.dueAtMs ? 1 : 0;
}

/** The state after an attempt. `wasProbe`: it was sent while down; only such failures make the probes rarer. */
export function afterAttempt(
  health: BreakerState,
  result: AttemptResult,
  at: { readonly nowMs: number; readonly wasProbe: boolean },
): BreakerState {
  if (result.outcome === 'abandoned') return health;
  if (result.outcome === 'accepted') {
    // 409 shows that the merchant is there, but not that its refusals were meant.
    return result.status === 409 ? { ...CLOSED, refusalsInRow: keptRefusals(health) } : CLOSED;
  }
  const failuresInRow = health.failuresInRow + 1;
  return {
    failuresInRow,
    refusalsInRow: isFinalRefusal(result) ? health.refusalsInRow + 1 : keptRefusals(health),
    probe: nextProbe(health, failuresInRow, at),
    lastError: result.error,
  };
}

function keptRefusals(health: BreakerState): number {
  return distrustsRefusals(health) ? health.refusalsInRow : 0;
}

function nextProbe(
  health: BreakerState,
  failuresInRow: number,
  at: { readonly nowMs: number; readonly wasProbe: boolean },
): BreakerState['probe'] {
  if (health.probe !== null && !at.wasProbe) return health.probe;
  if (failuresInRow < FAILURES_UNTIL_DOWN) return null;
  const delayMs = health.probe === null ? FIRST_PROBE_DELAY_MS : Math.min(health.probe.delayMs * 2, MAX_PROBE_DELAY_MS);
  return { delayMs, dueAtMs: at.nowMs + delayMs };
}
