/** Starts everything a run needs: Postgres behind a proxy, a faulty merchant, and four receivers. */
import { randomBytes } from 'node:crypto';
import { makeCompileCache } from '../compile-cache.ts';
import type { Cleanup } from '../lib/cleanup.ts';
import { receiverEnv } from '../receiver-env.ts';
import { createReplica, type Replica } from '../replica.ts';
import type { CallbackSecrets } from '../replicas/planned-callback.ts';
import { delayMarkedCommits } from '../replicas/slow-commit.ts';
import { type BreakableDatabase, startBreakableDatabase } from './database.ts';
import { type FaultyMerchant, startFaultyMerchant } from './faulty-merchant.ts';
import { makeClock } from './stepped-clock.ts';
import { prepareVersions, type Versions } from './versions.ts';

/** Enough tries that hardly anything but a 410 or 422 makes a dead letter. */
const RETRIES = 100;
/** Names of the receivers; the second one's clock can be stepped. */
const NAMES = ['receiver-1', 'receiver-2', 'receiver-3', 'receiver-4'] as const;

export interface Testbed {
  readonly database: BreakableDatabase;
  readonly merchant: FaultyMerchant;
  readonly replicas: readonly Replica[];
  readonly secrets: CallbackSecrets;
  /** Settings of the receivers, for a command that runs beside them. */
  readonly env: Readonly<Record<string, string>>;
  /** Steps the clock of the second receiver; null where libfaketime is missing. */
  readonly stepClock: ((seconds: number) => Promise<void>) | null;
  /** Receivers with a fault in progress. */
  readonly busy: Set<Replica>;
  readonly versions: Versions;
  /** Kills with SIGKILL so far, and how many of them at a sync point. */
  readonly kills: { total: number; atSyncPoint: number };
  /** Faults in progress, each with its name as description. */
  readonly ongoing: Set<symbol>;
  /** Aborts everything that waits. */
  readonly signal: AbortSignal;
}

/** Starts the testbed and registers its clean-up. Throws when something does not start. */
export async function startTestbed(signal: AbortSignal, cleanup: Cleanup): Promise<Testbed> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const secrets = { salt: randomBytes(24).toString('base64url'), mapiToken: randomBytes(24).toString('base64url') };
  const database = await startBreakableDatabase(cleanup);
  await delayMarkedCommits(database);
  const merchant = await startFaultyMerchant(secret, cleanup);
  const webhook = { url: merchant.url, secret };
  const settings = { databaseUrl: database.connectionString, ...secrets, webhook, retries: RETRIES };
  const env = { ...receiverEnv(settings), ...(await makeCompileCache(cleanup)) };
  const versions = await prepareVersions(cleanup);
  const clock = await makeClock(cleanup);
  const replicas = NAMES.map((name, index) => {
    const ownEnv = index === 1 ? clock.env : {};
    // Names the receiver to the merchant.
    const replicaEnv = { ...env, ...ownEnv, WEBHOOK_AUTHORIZATION: `Bearer ${name}` };
    return createReplica({ name, env: replicaEnv, secrets: { ...secrets }, program: () => versions.programOf(name) });
  });
  // A stopped process does not receive SIGTERM, and a failed run needs no graceful shutdown.
  cleanup.push(() => Promise.all(replicas.map((replica) => replica.kill())));
  await Promise.all(replicas.map((replica) => replica.start()));
  const progress = { kills: { total: 0, atSyncPoint: 0 }, ongoing: new Set<symbol>(), busy: new Set<Replica>() };
  return { database, merchant, replicas, secrets, env, stepClock: clock.step, versions, ...progress, signal };
}
