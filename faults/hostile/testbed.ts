/**
 * Where the run takes place: one Postgres, a merchant who takes everything, and three receivers with different guards.
 */

import { startDatabase } from '../database.ts';
import type { CleanUps } from '../lib/cleanup.ts';
import { WRONG_PASSWORD } from './endpoint.ts';
import { createSweep, type Sweep } from './leak-scan.ts';
import { startMerchant } from './merchant.ts';
import { type House, startHouse } from './receiver.ts';
import { keysFor, secretFor, secretsOf, webhookKeyFor } from './run-secrets.ts';

export interface World {
  readonly houses: readonly House[];
  readonly sweep: Sweep;
  /** Requests the merchant got that are no JSON. */
  readonly notJson: () => number;
}

const DOORS = [
  { name: 'every guard', hasSources: true, keys: ['salt', 'key', 'username', 'password'] },
  { name: 'digest only', hasSources: false, keys: ['salt', 'previousSalt'] },
  { name: 'Basic only', hasSources: false, keys: ['username', 'password'] },
] as const;

/** Everything it starts is put down as clean-up. */
export async function startWorld(seed: number, cleanUps: CleanUps): Promise<World> {
  const database = await startDatabase(cleanUps);
  const merchant = await startMerchant(cleanUps);
  const webhook = { url: merchant.url, secret: `whsec_${webhookKeyFor(seed)}` };
  const databasePassword = secretFor(seed, 'database');
  const plans = DOORS.map(({ keys, ...door }) => ({ ...door, keys: keysFor(seed, door.name, keys) }));

  const secrets = new Map([
    ['the webhook secret', webhookKeyFor(seed)],
    ['the password of DATABASE_URL', databasePassword],
    ["a stranger's password", WRONG_PASSWORD],
    ...plans.flatMap(({ name, keys }) => secretsOf(name, keys)),
  ]);
  const sweep = createSweep(secrets);
  const ground = { cleanUps, database, sweep, webhook, databasePassword };
  const houses = await Promise.all(plans.map((plan, index) => startHouse(plan, index, ground)));
  return { houses, sweep, notJson: merchant.notJson };
}
