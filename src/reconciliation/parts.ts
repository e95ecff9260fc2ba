/** The parts of a run: one for each account at Resurs that the settings name, each over connections of its own. */
import { createEcomAccount } from '../accounts/ecom-account.ts';
import { createMapiAccount } from '../accounts/mapi-account.ts';
import type { Config } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { reconcileEcom } from './ecom.ts';
import { createAskedMapi, reconcileMapi } from './mapi.ts';
import type { ProviderPart } from './run.ts';

export interface Parts {
  /** Empty where the settings name no account. */
  readonly all: readonly ProviderPart[];
  /** Closes the connections to Resurs. */
  close(): Promise<void>;
}

/** One request is made at a time; the other is for one whose connection does not end. */
const ECOM_CONNECTIONS = { connections: 2, connectTimeoutMs: 5_000 };

/** Creates the parts. Nothing is asked yet. */
export function createParts(config: Config, clock: Clock): Parts {
  const ecom = createEcomAccount(config, ECOM_CONNECTIONS);
  const mapi = createMapiAccount(config, clock);
  const all: ProviderPart[] = [];
  if (ecom !== null) {
    const asked = { environment: config.RESURS_ENVIRONMENT, account: ecom };
    all.push({ provider: 'resurs-ecom', check: (options) => reconcileEcom(options, asked) });
  }
  if (mapi !== null) {
    const asked = createAskedMapi(config, mapi, clock);
    all.push({ provider: 'resurs-mapi', check: (options) => reconcileMapi(options, asked) });
  }
  return {
    all,
    async close() {
      await Promise.all([ecom?.close(), mapi?.close()]);
    },
  };
}
