/** Looking at something again and again while something else is going on. */
import { setTimeout } from 'node:timers/promises';

/** What was seen, in order, and what the work came to. Looks once more at the end, so that there is always something. */
export async function watchDuring<Seen, Result>(
  work: Promise<Result>,
  look: () => Promise<Seen>,
  everyMs: number,
): Promise<{ readonly result: Result; readonly seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  const done = new AbortController();
  const watching = (async () => {
    while (!done.signal.aborted) {
      seen.push(await look());
      await setTimeout(everyMs, null, { signal: done.signal }).catch(() => undefined);
    }
    seen.push(await look());
  })();
  try {
    const result = await work;
    done.abort();
    await watching;
    return { result, seen };
  } finally {
    done.abort();
    await watching.catch(() => undefined);
  }
}
