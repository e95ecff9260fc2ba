/** A cache of one value: it is read again after a while, and by one reader at a time however many callers there are. */
import type { Clock } from '../lib/clock.ts';

/**
 * Returns a function that calls `read` at most once per `ms`. `read` must not reject. While it hangs, all callers wait
 * for it and it is not called again.
 */
export function cachedFor<T>(ms: number, clock: Clock, read: () => Promise<T>): () => Promise<T> {
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
