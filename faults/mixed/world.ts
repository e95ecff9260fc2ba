/** Where the run takes place: Postgres behind a proxy, a merchant with moods, two receivers, and who starts them again. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CleanUps } from '../clean-up.ts';
import { createReplica, type Replica } from '../replica.ts';
import { holdUpSlowCommits } from '../replicas/slow-commit.ts';
import { findFaketime, removeRemains } from './clock.ts';
import { type BreakableDatabase, startBreakableDatabase } from './database.ts';
import { type MoodyMerchant, startMoodyMerchant } from './merchant.ts';

const WEBHOOK_TIMEOUT_MS = 1_000;
/** So many tries that hardly anything becomes a dead letter but by 410 and 422. */
const RETRY_SCHEDULE = Array.from({ length: 100 }, () => '1s').join(',');
/** Of the receivers; the second one's clock can be stepped. */
const NAMES = ['receiver-1', 'receiver-2'] as const;

export interface World {
  readonly database: BreakableDatabase;
  readonly merchant: MoodyMerchant;
  readonly replicas: readonly Replica[];
  readonly salt: string;
  /** Settings of the receivers, for a command beside them. */
  readonly env: Readonly<Record<string, string>>;
  /** Steps the clock of the second receiver; null where that cannot be done. */
  readonly stepClock: ((seconds: number) => Promise<void>) | null;
  /** Kills with SIGKILL so far, and how many of them in a chosen moment. */
  readonly kills: { total: number; chosen: number };
  /** Names of the faults that happen at this moment. */
  readonly ongoing: Set<string>;
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
  const clock = await makeClock(cleanUps);
  const replicas = NAMES.map((name, index) => {
    const ownEnv = index === 1 ? clock.env : {};
    // Tells the merchant who sends.
    return createReplica(name, { ...env, ...ownEnv, WEBHOOK_AUTHORIZATION: `Bearer ${name}` });
  });
  // A stopped process does not hear SIGTERM, and a run that failed has no use for a graceful end.
  cleanUps.push(() => Promise.all(replicas.map((replica) => replica.kill())));
  await Promise.all(replicas.map((replica) => replica.start()));
  const kills = { total: 0, chosen: 0 };
  return { database, merchant, replicas, salt, env, stepClock: clock.step, kills, ongoing: new Set(), signal };
}

interface SteppedClock {
  readonly env: Readonly<Record<string, string>>;
  readonly step: World['stepClock'];
}

async function makeClock(cleanUps: CleanUps): Promise<SteppedClock> {
  const library = await findFaketime();
  if (library === null) return { env: {}, step: null };
  const folder = await mkdtemp(join(tmpdir(), 'resurs-clock-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }), removeRemains);
  const file = join(folder, 'offset');
  const step = (seconds: number) => writeFile(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  await step(0);
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
  return { env, step };
}

/** Only what a program needs to run at all: a setting that somebody has in the environment must not reach them. */
function machineEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_COMPILE_CACHE'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
