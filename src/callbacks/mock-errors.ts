/**
 * A mocked error: callbacks that passed all checks are answered with an error that an operator chose, to see what Resurs
 * or a monitor makes of it. In memory, of this process. Only with MOCK_ERRORS=true, and never in production.
 */
import type { CallbackResponse } from './responses.ts';

export interface MockError {
  /** The callback type that gets the error; null: any. */
  readonly callback: string | null;
  readonly code: number;
  readonly message: string;
  /** How many callbacks still get it. */
  readonly times: number;
}

export interface MockErrors {
  /** Sets the error, instead of the one before. */
  set(mock: MockError): void;
  /** Returns the error; null when no callback gets one. */
  current(): MockError | null;
  clear(): void;
  /** Returns the response for a callback of this type and counts it; null when it gets no mocked error. */
  take(callbackType: string): CallbackResponse | null;
}

/** Creates the mocked errors of a process; there is none at first. */
export function createMockErrors(): MockErrors {
  let mock: MockError | null = null;
  return {
    set(next) {
      mock = next;
    },
    current: () => mock,
    clear() {
      mock = null;
    },
    take(callbackType) {
      if (mock === null || (mock.callback !== null && mock.callback !== callbackType)) return null;
      const { code, message, times } = mock;
      mock = times > 1 ? { ...mock, times: times - 1 } : null;
      return { status: code, reason: message, isAlive: false };
    },
  };
}
