/** Samples a value while something else runs. */
import { setTimeout } from 'node:timers/promises';

/** Calls `sample` until `work` ends, and once more after it, so that there is at least one sample. */
export async function sampleDuring<Sample, Result>(
  work: Promise<Result>,
  sample: () => Promise<Sample>,
  everyMs: number,
): Promise<{ readonly result: Result; readonly samples: readonly Sample[] }> {
  const samples: Sample[] = [];
  const done = new AbortController();
  const sampling = (async () => {
    while (!done.signal.aborted) {
      samples.push(await sample());
      await setTimeout(everyMs, null, { signal: done.signal }).catch(() => undefined);
    }
    samples.push(await sample());
  })();
  try {
    const result = await work;
    done.abort();
    await sampling;
    return { result, samples };
  } finally {
    done.abort();
    await sampling.catch(() => undefined);
  }
}
