/** The parts of a run: one for each account at Resurs that the settings name, each over connections of its own. */
import { createMapiAccount } from '../accounts/mapi-account.ts';
import type { Config } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { createAskedMapi, reconcileMapi } from './mapi.ts';
import type { ProviderPart } from './run.ts';

export interface Parts {
  /** Empty where the settings name no account. */
  readonly all: readonly ProviderPart[];
  /** Closes the connections to Resurs. */
  close(): Promise<void>;
}

/** Creates the parts. Nothing is asked yet. */
export function createParts(config: Config, clock: Clock): Parts {
  const mapi = createMapiAccount(config, clock);
  const all: ProviderPart[] = [];
  if (mapi !== null) {
    const asked = createAskedMapi(config, mapi, clock);
    all.push({ provider: 'resurs-mapi', check: (options) => reconcileMapi(options, asked) });
  }
  return {
    all,
    async close() {
      await mapi?.close();
    },
  };
}
