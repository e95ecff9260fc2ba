/** Limits how many pieces of work run at a time; others wait for a place, the first first. */
import type { Clock } from '../lib/clock.ts';

export interface Places {
  /** Runs the work as soon as there is a place. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** How many wait for a place. */
  waiting(): number;
  /** How long the first of them has waited, in milliseconds; 0 when none waits. */
  longestWaitMs(): number;
}

/** Creates `max` free places. */
export function createPlaces(max: number, clock: Pick<Clock, 'elapsed'>): Places {
  const queue: { readonly sinceMs: number; enter(): void }[] = [];
  let free = max;
  return {
    async run(work) {
      if (free > 0) free -= 1;
      else {
        const { promise, resolve } = Promise.withResolvers<void>();
        queue.push({ sinceMs: clock.elapsed(), enter: resolve });
        await promise;
      }
      try {
        return await work();
      } finally {
        // The next one takes over the place.
        const next = queue.shift();
        if (next === undefined) free += 1;
        else next.enter();
      }
    },
    waiting: () => queue.length,
    longestWaitMs: () => (queue[0] === undefined ? 0 : clock.elapsed() - queue[0].sinceMs),
  };
}
