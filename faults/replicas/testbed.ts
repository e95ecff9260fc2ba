/** Where the run takes place: one Postgres, one merchant, and the replicas between them, all ready. */
import { randomBytes } from 'node:crypto';
import { type SharedDatabase, startDatabase } from '../database.ts';
import type { CleanUps } from '../lib/cleanup.ts';
import { type Merchant, startMerchant } from '../merchant.ts';
import { receiverEnv } from '../receiver-env.ts';
import { createReplica, type Replica } from '../replica.ts';
import { holdUpSlowCommits } from './slow-commit.ts';

/** So many tries that nothing becomes a dead letter: what is not delivered in the end is lost. */
const RETRIES = 60;

export interface World {
  readonly database: SharedDatabase;
  readonly merchant: Merchant;
  readonly replicas: readonly Replica[];
  readonly salt: string;
}

/** Everything it starts is put down as clean-up. Throws when something does not start. */
export async function startWorld(
  options: { readonly seed: number; readonly replicas: number },
  cleanUps: CleanUps,
): Promise<World> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const salt = randomBytes(24).toString('base64url');
  const database = await startDatabase(cleanUps);
  await holdUpSlowCommits(database);
  const { merchant, stop } = await startMerchant({ secret, seed: options.seed });
  cleanUps.push(stop);

  const webhook = { url: merchant.url, secret };
  const env = receiverEnv({ databaseUrl: database.connectionString, salt, webhook, retries: RETRIES });
  const replicas = Array.from({ length: options.replicas }, (_, index) => {
    const name = `replica-${index + 1}`;
    // Tells the merchant who sends.
    return createReplica({ name, env: { ...env, WEBHOOK_AUTHORIZATION: `Bearer ${name}` } });
  });
  // A stopped process does not hear SIGTERM, and a run that failed has no use for a graceful end.
  cleanUps.push(() => Promise.all(replicas.map((replica) => replica.kill())));
  await Promise.all(replicas.map((replica) => replica.start()));
  return { database, merchant, replicas, salt };
}
