/** A bell that can be waited for: it keeps one ring for who comes later, so that no hint is lost between two looks. */

export interface Bell {
  ring(): void;
  /** Resolves at the next ring, at once if it rang since the last wait, or after `timeoutMs`. For one waiter. */
  wait(timeoutMs: number): Promise<void>;
}

export function createBell(): Bell {
  let rang = false;
  let wake: (() => void) | null = null;
  return {
    ring() {
      rang = true;
      wake?.();
    },
    async wait(timeoutMs) {
      if (!rang) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, timeoutMs);
        wake = resolve;
        await promise;
        clearTimeout(timer);
        wake = null;
      }
      rang = false;
    },
  };
}
