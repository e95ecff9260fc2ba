/** An auto-reset event: `wake()` before `wait()` is remembered once, so a wake-up between two polls is never lost. */

export interface Waker {
  wake(): void;
  /**
   * Resolves at the next `wake()`, at once if there was one since the last wait, or after `timeoutMs`. For one waiter.
   */
  wait(timeoutMs: number): Promise<void>;
}

/** Creates a waker that is not woken. */
export function createWaker(): Waker {
  let isWoken = false;
  let endWait: (() => void) | null = null;
  return {
    wake() {
      isWoken = true;
      endWait?.();
    },
    async wait(timeoutMs) {
      if (!isWoken) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, timeoutMs);
        endWait = resolve;
        await promise;
        clearTimeout(timer);
        endWait = null;
      }
      isWoken = false;
    },
  };
}
