/** Waits for a fact, a time or an end, and never forever: each wait has a limit that no healthy run comes near. */
import { setTimeout } from 'node:timers/promises';

const POLL_MS = 10;

/** Resolves with true after `ms`, with false as soon as `signal` aborts. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return false;
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
  return !signal?.aborted;
}

/** Polls `isSo`. Resolves with true as soon as it does; with false after `limitMs`, or when `signal` aborts. */
export async function waitUntil(
  isSo: () => Promise<boolean>,
  limitMs = 60_000,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadlineMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs || !(await sleep(POLL_MS, signal))) return false;
  }
  return true;
}

/**
 * Resolves or rejects as `work` does. Throws with `name` when `work` takes longer than `limitMs`; it may still run
 * then.
 */
export async function withTimeout<T>(limitMs: number, name: string, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = setTimeout(limitMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`${name} has not ended after ${limitMs / 1000} s`);
  });
  // The loser of the race may reject later; nothing awaits it then.
  late.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
