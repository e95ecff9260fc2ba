/** What the callback routes share with the status API: counts and refusals, in memory, of this process. */
import type { Config } from '../config/settings.ts';
import { createMockErrors, type MockErrors } from './mock-errors.ts';
import { createRefusals, type Refusals } from './refusals.ts';

export interface SeenCallbacks {
  /** How many callbacks got each response, by its name. */
  readonly responseCounts: Record<string, number>;
  readonly refusals: Refusals;
  /** Null: mocked errors are not allowed. */
  readonly mockErrors: MockErrors | null;
}

/** Creates the memory of a process, empty. */
export function createSeenCallbacks(config: Pick<Config, 'MOCK_ERRORS'>): SeenCallbacks {
  return {
    responseCounts: {},
    refusals: createRefusals(),
    mockErrors: config.MOCK_ERRORS ? createMockErrors() : null,
  };
}
