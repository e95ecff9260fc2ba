/** Starts everything a run needs: one Postgres, one merchant, and the replicas between them, all ready. */
import { randomBytes } from 'node:crypto';
import { type SharedDatabase, startDatabase } from '../database.ts';
import type { Cleanup } from '../lib/cleanup.ts';
import { type Merchant, startMerchant } from '../merchant.ts';
import { receiverEnv } from '../receiver-env.ts';
import { createReplica, type Replica } from '../replica.ts';
import type { CallbackSecrets } from './planned-callback.ts';
import { delayMarkedCommits } from './slow-commit.ts';

/** Enough tries that nothing becomes a dead letter: an event that is not delivered at the end is lost. */
const RETRIES = 60;

export interface Testbed {
  readonly database: SharedDatabase;
  readonly merchant: Merchant;
  readonly replicas: readonly Replica[];
  readonly secrets: CallbackSecrets;
}

/** Starts the testbed and registers its clean-up. Throws when something does not start. */
export async function startTestbed(
  options: { readonly seed: number; readonly replicas: number },
  cleanup: Cleanup,
): Promise<Testbed> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const secrets = { salt: randomBytes(24).toString('base64url'), mapiToken: randomBytes(24).toString('base64url') };
  const database = await startDatabase(cleanup);
  await delayMarkedCommits(database);
  const { merchant, stop } = await startMerchant({ secret, seed: options.seed });
  cleanup.push(stop);

  const webhook = { url: merchant.url, secret };
  const env = receiverEnv({ databaseUrl: database.connectionString, ...secrets, webhook, retries: RETRIES });
  const replicas = Array.from({ length: options.replicas }, (_, index) => {
    const name = `replica-${index + 1}`;
    // Names the replica to the merchant.
    return createReplica({ name, env: { ...env, WEBHOOK_AUTHORIZATION: `Bearer ${name}` }, secrets: { ...secrets } });
  });
  // A stopped process does not receive SIGTERM, and a failed run needs no graceful shutdown.
  cleanup.push(() => Promise.all(replicas.map((replica) => replica.kill())));
  await Promise.all(replicas.map((replica) => replica.start()));
  return { database, merchant, replicas, secrets };
}
