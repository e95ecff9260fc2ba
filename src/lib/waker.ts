/** A bell that can be waited for: it keeps one ring for who comes later, so that no hint is lost between two looks. */

export interface Waker {
  wake(): void;
  /** Resolves at the next ring, at once if it rang since the last wait, or after `timeoutMs`. For one waiter. */
  wait(timeoutMs: number): Promise<void>;
}

export function createWaker(): Waker {
  let isWoken = false;
  let wake: (() => void) | null = null;
  return {
    wake() {
      isWoken = true;
      wake?.();
    },
    async wait(timeoutMs) {
      if (!isWoken) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, timeoutMs);
        wake = resolve;
        await promise;
        clearTimeout(timer);
        wake = null;
      }
      isWoken = false;
    },
  };
}
