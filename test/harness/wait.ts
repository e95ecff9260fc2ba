/**
 * Waiting for a fact, never for time: asks again until it is so, and gives up at a limit that no healthy run comes near.
 */
import { setInterval } from 'node:timers/promises';

const POLL_MS = 10;

/** Resolves with true as soon as `isSo` says so, with false after `limitMs` of asking. */
export async function waitUntil(isSo: () => Promise<boolean>, limitMs = 20_000): Promise<boolean> {
  if (await isSo()) return true;
  const deadlineMs = performance.now() + limitMs;
  for await (const _ of setInterval(POLL_MS)) {
    if (await isSo()) return true;
    if (performance.now() > deadlineMs) return false;
  }
  return false;
}
