/** Looking at something again and again while something else is going on. */
import { setTimeout } from 'node:timers/promises';

/** What was seen, in order, and what the work came to. Looks once more at the end, so that there is always something. */
export async function sampleDuring<Sample, Result>(
  work: Promise<Result>,
  sample: () => Promise<Sample>,
  everyMs: number,
): Promise<{ readonly result: Result; readonly samples: readonly Sample[] }> {
  const samples: Sample[] = [];
  const done = new AbortController();
  const watching = (async () => {
    while (!done.signal.aborted) {
      samples.push(await sample());
      await setTimeout(everyMs, null, { signal: done.signal }).catch(() => undefined);
    }
    samples.push(await sample());
  })();
  try {
    const result = await work;
    done.abort();
    await watching;
    return { result, samples };
  } finally {
    done.abort();
    await watching.catch(() => undefined);
  }
}
