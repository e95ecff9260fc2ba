/** Waiting for a time, a fact or an end, none of it for ever. */
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

/** What `work` comes to. Throws when it has not ended after `limitMs`, with its name; it may then still go on. */
export async function endsWithin<T>(limitMs: number, name: string, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = setTimeout(limitMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`${name} has not ended after ${limitMs / 1000} s`);
  });
  // Whichever comes second has nobody to tell.
  late.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
