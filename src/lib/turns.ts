/** Limits how much runs at once: a few run, some more wait in line, and everyone else is turned away at once. */

export interface TurnOptions {
  readonly atOnce: number;
  readonly waiting: number;
}

/** `full`: too many wait already. `late`: none was free within the time. */
export type TurnResult =
  | { readonly outcome: 'taken'; release(): void }
  | { readonly outcome: 'full' }
  | { readonly outcome: 'late' };

export interface Turns {
  /** Takes a turn, first come, first served. Waits no longer than `timeoutMs`. `release` may be called once. */
  take(timeoutMs: number): Promise<TurnResult>;
}

/** Creates the turns, all of them free. */
export function createTurns({ atOnce, waiting }: TurnOptions): Turns {
  const line = new Set<() => void>();
  let free = atOnce;

  function release(): void {
    const [next] = line;
    if (next === undefined) free += 1;
    else next();
  }

  return {
    async take(timeoutMs) {
      if (free > 0) {
        free -= 1;
        return { outcome: 'taken', release };
      }
      if (line.size >= waiting) return { outcome: 'full' };
      const { promise, resolve } = Promise.withResolvers<TurnResult>();
      const end = (result: TurnResult) => {
        clearTimeout(timer);
        line.delete(getTurn);
        resolve(result);
      };
      const getTurn = () => end({ outcome: 'taken', release });
      const timer = setTimeout(() => end({ outcome: 'late' }), timeoutMs);
      line.add(getTurn);
      return promise;
    },
  };
}
