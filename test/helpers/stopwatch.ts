/**
 * Measures time without what a busy machine takes from this process: while the process does not run at all, its watch
 * stands still. So a limit means the same on an idle machine and on one that runs twenty other things.
 */

const TICK_MS = 10;
/** A timer may be this late on an idle machine. */
const USUAL_DELAY_MS = 5;

export interface Stopwatch {
  /** Milliseconds since the start, without the time in which the process could not run. */
  elapsedMs(): number;
  /** Milliseconds since the start in which the process could not run, or worked without a pause. */
  stalledMs(): number;
}

export function startStopwatch(): Stopwatch {
  const startedAtMs = performance.now();
  let lastTickMs = startedAtMs;
  let stalledMs = 0;
  const tick = () => {
    const nowMs = performance.now();
    stalledMs += Math.max(0, nowMs - lastTickMs - TICK_MS - USUAL_DELAY_MS);
    lastTickMs = nowMs;
  };
  setInterval(tick, TICK_MS).unref();
  return {
    elapsedMs() {
      tick();
      return performance.now() - startedAtMs - stalledMs;
    },
    stalledMs() {
      tick();
      return stalledMs;
    },
  };
}
