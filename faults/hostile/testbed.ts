/**
 * Starts everything a run needs: one Postgres, a merchant that accepts everything, a Merchant API, and three receivers
 * with different guards. The last one has no token for callbacks of the Merchant API: it confirms their payments.
 */

import { readRevision } from '../../src/lib/revision.ts';
import { startDatabase } from '../database.ts';
import type { Cleanup } from '../lib/cleanup.ts';
import { WRONG_PASSWORD } from './endpoint.ts';
import { createLeakScanner, type LeakScanner } from './leak-scan.ts';
import { startMerchant } from './merchant.ts';
import { startConfirmingApi } from './merchant-api.ts';
import { startTarget, type TargetReceiver } from './receiver.ts';
import { namedSecrets, secretFor, targetSecrets, webhookKeyFor } from './run-secrets.ts';

export interface Testbed {
  readonly targets: readonly TargetReceiver[];
  readonly leakScanner: LeakScanner;
  /** Number of requests to the merchant whose body is not JSON. */
  readonly notJson: () => number;
}

const ENDPOINTS = [
  { name: 'every guard', hasSources: true, secrets: ['salt', 'key', 'username', 'password', 'callbackToken'] },
  {
    name: 'digest only',
    hasSources: false,
    secrets: ['salt', 'previousSalt', 'callbackToken', 'previousCallbackToken'],
  },
  { name: 'Basic only', hasSources: false, secrets: ['username', 'password'] },
] as const;

/** Starts the testbed and registers its clean-up. */
export async function startTestbed(seed: number, cleanup: Cleanup): Promise<Testbed> {
  const database = await startDatabase(cleanup);
  const merchant = await startMerchant(cleanup);
  const mapiAccount = await startConfirmingApi(cleanup);
  const webhook = { url: merchant.url, secret: `whsec_${webhookKeyFor(seed)}` };
  const databasePassword = secretFor(seed, 'database');
  const options = ENDPOINTS.map(({ secrets, ...endpoint }) => ({
    ...endpoint,
    secrets: targetSecrets(seed, endpoint.name, secrets),
  }));

  const allSecrets = new Map([
    ['the webhook secret', webhookKeyFor(seed)],
    ['the password of DATABASE_URL', databasePassword],
    ['the password of an attacker', WRONG_PASSWORD],
    ['the secret of the account', mapiAccount.clientSecret],
    ...options.flatMap(({ name, secrets }) => namedSecrets(name, secrets)),
  ]);
  const leakScanner = createLeakScanner(allSecrets, readRevision({ env: {} }));
  const shared = { cleanup, database, leakScanner, webhook, mapiAccount, databasePassword };
  const targets = await Promise.all(options.map((target, index) => startTarget(target, index, shared)));
  return { targets, leakScanner, notJson: merchant.notJson };
}
