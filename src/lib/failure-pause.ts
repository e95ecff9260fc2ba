/**
 * Pauses calls to a server that fails: after so many failures in a row nothing is sent for a while. Then calls go out
 * again, and the next failure pauses anew, until one succeeds. The server may also ask for a pause.
 */
import type { Clock } from './clock.ts';

export interface FailurePauseOptions {
  /** Failures in a row that start a pause. */
  readonly failures: number;
  readonly pauseMs: number;
  readonly clock: Pick<Clock, 'elapsed'>;
}

export interface FailurePause {
  /** How long nothing may be sent, in milliseconds; 0: it may. */
  remainingMs(): number;
  succeeded(): void;
  failed(): void;
  /** The server asked to wait so long, in milliseconds. */
  waitFor(ms: number): void;
}

/** Creates it without a pause. */
export function createFailurePause({ failures, pauseMs, clock }: FailurePauseOptions): FailurePause {
  let inRow = 0;
  let endsAtMs = Number.NEGATIVE_INFINITY;
  const pause = (ms: number) => {
    endsAtMs = Math.max(endsAtMs, clock.elapsed() + ms);
  };
  return {
    remainingMs: () => Math.max(0, endsAtMs - clock.elapsed()),
    succeeded() {
      inRow = 0;
    },
    failed() {
      inRow += 1;
      if (inRow >= failures) pause(pauseMs);
    },
    waitFor: pause,
  };
}
