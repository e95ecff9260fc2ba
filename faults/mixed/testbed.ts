/** Where the run takes place: Postgres behind a proxy, a merchant with moods, four receivers, and who starts them again. */
import { randomBytes } from 'node:crypto';
import { makeCompileCache } from '../compile-cache.ts';
import type { CleanUps } from '../lib/cleanup.ts';
import { receiverEnv } from '../receiver-env.ts';
import { createReplica, type Replica } from '../replica.ts';
import { holdUpSlowCommits } from '../replicas/slow-commit.ts';
import { type BreakableDatabase, startBreakableDatabase } from './database.ts';
import { type MoodyMerchant, startMoodyMerchant } from './faulty-merchant.ts';
import { makeClock } from './stepped-clock.ts';
import { prepareVersions, type Versions } from './versions.ts';

/** So many tries that hardly anything becomes a dead letter but by 410 and 422. */
const RETRIES = 100;
/** Of the receivers; the second one's clock can be stepped. */
const NAMES = ['receiver-1', 'receiver-2', 'receiver-3', 'receiver-4'] as const;

export interface World {
  readonly database: BreakableDatabase;
  readonly merchant: MoodyMerchant;
  readonly replicas: readonly Replica[];
  readonly salt: string;
  /** Settings of the receivers, for a command beside them. */
  readonly env: Readonly<Record<string, string>>;
  /** Steps the clock of the second receiver; null where that cannot be done. */
  readonly stepClock: ((seconds: number) => Promise<void>) | null;
  /** Those that a fault is being done to. */
  readonly busy: Set<Replica>;
  readonly versions: Versions;
  /** Kills with SIGKILL so far, and how many of them in a chosen moment. */
  readonly kills: { total: number; chosen: number };
  /** The faults that happen at this moment, each with its name as description. */
  readonly ongoing: Set<symbol>;
  /** Ends everything that waits. */
  readonly signal: AbortSignal;
}

/** Everything it starts is put down as clean-up. Throws when something does not start. */
export async function startWorld(signal: AbortSignal, cleanUps: CleanUps): Promise<World> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const salt = randomBytes(24).toString('base64url');
  const database = await startBreakableDatabase(cleanUps);
  await holdUpSlowCommits(database);
  const merchant = await startMoodyMerchant(secret, cleanUps);
  const webhook = { url: merchant.url, secret };
  const settings = { databaseUrl: database.connectionString, salt, webhook, retries: RETRIES };
  const env = { ...receiverEnv(settings), ...(await makeCompileCache(cleanUps)) };
  const versions = await prepareVersions(cleanUps);
  const clock = await makeClock(cleanUps);
  const replicas = NAMES.map((name, index) => {
    const ownEnv = index === 1 ? clock.env : {};
    // Tells the merchant who sends.
    const replicaEnv = { ...env, ...ownEnv, WEBHOOK_AUTHORIZATION: `Bearer ${name}` };
    return createReplica({ name, env: replicaEnv, program: () => versions.programOf(name) });
  });
  // A stopped process does not hear SIGTERM, and a run that failed has no use for a graceful end.
  cleanUps.push(() => Promise.all(replicas.map((replica) => replica.kill())));
  await Promise.all(replicas.map((replica) => replica.start()));
  const progress = { kills: { total: 0, chosen: 0 }, ongoing: new Set<symbol>(), busy: new Set<Replica>() };
  return { database, merchant, replicas, salt, env, stepClock: clock.step, versions, ...progress, signal };
}
