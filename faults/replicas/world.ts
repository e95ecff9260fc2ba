/** Where the run takes place: one Postgres, one merchant, and the replicas between them, all ready. */
import { randomBytes } from 'node:crypto';
import type { CleanUps } from '../clean-up.ts';
import { type SharedDatabase, startDatabase } from '../database.ts';
import { type Merchant, startMerchant } from '../merchant.ts';
import { createReplica, type Replica } from '../replica.ts';
import { holdUpSlowCommits } from './slow-commit.ts';

const WEBHOOK_TIMEOUT_MS = 1_000;
/** Contract 6: a claim outlives the time-out by 5 s. */
export const LEASE_MS = WEBHOOK_TIMEOUT_MS + 5_000;
/** So many tries that nothing becomes a dead letter: what is not delivered in the end is lost. */
const RETRY_SCHEDULE = Array.from({ length: 60 }, () => '1s').join(',');

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

  const env = {
    ...machineEnvironment(),
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: database.connectionString,
    DIGEST_SALT: salt,
    STATUS_TOKEN: randomBytes(24).toString('base64url'),
    WEBHOOK_URL: merchant.url,
    WEBHOOK_SECRET: secret,
    WEBHOOK_TIMEOUT_MS: String(WEBHOOK_TIMEOUT_MS),
    WEBHOOK_RETRY_SCHEDULE: RETRY_SCHEDULE,
    MAX_EVENTS_PER_PAYMENT: '0',
    LOG_LEVEL: 'info',
  };
  const replicas = Array.from({ length: options.replicas }, (_, index) => {
    const name = `replica-${index + 1}`;
    // Tells the merchant who sends.
    return createReplica(name, { ...env, WEBHOOK_AUTHORIZATION: `Bearer ${name}` });
  });
  // A stopped process does not hear SIGTERM, and a run that failed has no use for a graceful end.
  cleanUps.push(() => Promise.all(replicas.map((replica) => replica.kill())));
  await Promise.all(replicas.map((replica) => replica.start()));
  return { database, merchant, replicas, salt };
}

/** Only what a program needs to run at all: a setting that somebody has in the environment must not reach the replicas. */
function machineEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_COMPILE_CACHE'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
