/**
 * Pauses calls to a server that fails: after so many failures in a row nothing is sent for a while. Then one call is
 * sent, and how it ends decides: the pause is over, or begins once more. The server may also ask for a wait.
 */
import type { Clock } from './clock.ts';

export interface FailurePauseOptions {
  /** Failures in a row that start a pause. */
  readonly failures: number;
  readonly pauseMs: number;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Shared by all callers of one server; without it, a wait is this caller's alone. */
  readonly requested?: RequestedWait;
}

/** How long a server has asked to wait. */
export interface RequestedWait {
  /** In milliseconds; 0: it may be asked. */
  remainingMs(): number;
  /** The server asked to wait so long; a shorter wait changes nothing. */
  extend(ms: number): void;
}

export interface FailurePause {
  /** How long nothing may be sent, in milliseconds; 0: it may. */
  remainingMs(): number;
  /** Asks for leave to send one call. After a pause one caller gets it; the others wait for what it finds. */
  take(): { readonly outcome: 'taken' } | { readonly outcome: 'paused'; readonly waitMs: number };
  succeeded(): void;
  failed(): void;
  /** The call was given up before it could tell anything. */
  abandoned(): void;
  /** The server asked to wait so long, in milliseconds. */
  waitFor(ms: number): void;
}

const NEVER_MS = Number.NEGATIVE_INFINITY;

/** Creates it without a wait. */
export function createRequestedWait(clock: Pick<Clock, 'elapsed'>): RequestedWait {
  let endsAtMs = NEVER_MS;
  return {
    remainingMs: () => Math.max(0, endsAtMs - clock.elapsed()),
    extend(ms) {
      endsAtMs = Math.max(endsAtMs, clock.elapsed() + ms);
    },
  };
}

/** Creates it without a pause. */
export function createFailurePause(options: FailurePauseOptions): FailurePause {
  const { failures, pauseMs, clock, requested = createRequestedWait(clock) } = options;
  let inRow = 0;
  let endsAtMs = NEVER_MS;
  const remainingMs = () => Math.max(0, endsAtMs - clock.elapsed(), requested.remainingMs());
  const pauseAfterFailures = () => {
    if (inRow >= failures) endsAtMs = clock.elapsed() + pauseMs;
  };
  return {
    remainingMs,
    take() {
      const waitMs = remainingMs();
      if (waitMs > 0) return { outcome: 'paused', waitMs };
      pauseAfterFailures();
      return { outcome: 'taken' };
    },
    succeeded() {
      inRow = 0;
      endsAtMs = NEVER_MS;
    },
    failed() {
      inRow += 1;
      pauseAfterFailures();
    },
    abandoned() {
      if (inRow >= failures) endsAtMs = Math.min(endsAtMs, clock.elapsed());
    },
    waitFor: requested.extend,
  };
}
