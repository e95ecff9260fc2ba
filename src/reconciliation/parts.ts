/** The parts of a run: one for each account at Resurs that the settings name. */
import type { Config } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { ProviderPart } from './run.ts';

export interface Parts {
  /** Empty where the settings name no account. */
  readonly all: readonly ProviderPart[];
  /** Closes the connections to Resurs. */
  close(): Promise<void>;
}

/** Creates the parts, over connections of their own. Nothing is asked yet. */
export function createParts(_config: Config, _clock: Clock): Parts {
  return { all: [], close: async () => undefined };
}
