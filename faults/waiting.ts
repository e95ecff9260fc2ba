/** Waiting for a time or for a fact, both of which an operator's Ctrl-C or the end of the scenario may cut short. */
import { setTimeout } from 'node:timers/promises';

const POLL_MS = 20;

/** True after that time, false as soon as `signal` ends it. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

/** True as soon as `isSo` says so; false after `limitMs` or when `signal` ends it. */
export async function waitFor(isSo: () => Promise<boolean>, limitMs: number, signal: AbortSignal): Promise<boolean> {
  const deadlineMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs || !(await pause(POLL_MS, signal))) return false;
  }
  return true;
}
