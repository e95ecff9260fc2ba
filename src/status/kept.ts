/** A value that is read anew only after a while, and by one reader at a time however many ask. */
import type { Clock } from '../lib/clock.ts';

/** `read` must not reject. What hangs is waited for by all, not asked again. */
export function keptFor<T>(ms: number, clock: Clock, read: () => Promise<T>): () => Promise<T> {
  let readAtMs = Number.NEGATIVE_INFINITY;
  let last: Promise<T> | null = null;
  let isReading = false;
  return () => {
    if (last === null || (!isReading && clock.elapsed() - readAtMs >= ms)) {
      readAtMs = clock.elapsed();
      isReading = true;
      last = read().finally(() => {
        isReading = false;
      });
    }
    return last;
  };
}
