/** Where one fault takes place: a database of its own on the Postgres that all share, a merchant, and receivers. */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { waitUntil } from '../../test/harness/wait.ts';
import { urlOf } from '../../test/helpers/postgres.ts';
import { lookInto, type SharedDatabase } from '../database.ts';
import { type CleanUps, withCleanUp } from '../lib/cleanup.ts';
import { receiverEnv } from '../receiver-env.ts';
import { createReplica, type Replica } from '../replica.ts';
import { type Merchant, startMerchant } from './merchant.ts';

/** So many tries that nothing becomes a dead letter. */
const RETRIES = 100;
const ANY_NAME_BYTES = 6;
/** The merchant is this program, which is busy with much else: its pauses must not count as an outage. */
const PATIENT = { WEBHOOK_TIMEOUT_MS: '5000' } as const;

/** What the faults of a run share. */
export interface Stage {
  readonly server: SharedDatabase;
  readonly seed: number;
  /** In full, time is judged; in short it is told, since the machine may be a busy one. */
  readonly isShort: boolean;
  /** About so many events wait for the merchant who was away for a month. */
  readonly monthEvents: number;
  /** Settings of every receiver. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  say(line: string): void;
}

export interface World extends Stage {
  readonly database: SharedDatabase;
  readonly merchant: Merchant;
  /** Not started yet: what they are to find is put there first. */
  readonly replicas: readonly Replica[];
  readonly salt: string;
  readonly statusToken: string;
}

export interface WorldOptions {
  readonly replicas?: number;
  /** Settings beside the usual ones. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Does it in a world that is gone afterwards. */
export async function inWorld<T>(
  stage: Stage,
  { replicas = 1, env = {} }: WorldOptions,
  act: (world: World) => Promise<T>,
): Promise<T> {
  return withCleanUp(async (cleanUps) => {
    const database = await makeDatabase(stage.server, cleanUps);
    const merchant = await startMerchant(cleanUps);
    const salt = randomBytes(24).toString('base64url');
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const webhook = { url: merchant.url, secret };
    const settings = receiverEnv({ databaseUrl: database.connectionString, salt, webhook, retries: RETRIES });
    const made = Array.from({ length: replicas }, (_, index) =>
      createReplica({ name: `receiver-${index + 1}`, env: { ...settings, ...PATIENT, ...stage.env, ...env } }),
    );
    // A run that failed has no use for a graceful end.
    cleanUps.push(() => Promise.all(made.map((replica) => replica.kill())));
    setMaxListeners(0, stage.signal);
    return act({ ...stage, database, merchant, replicas: made, salt, statusToken: settings.STATUS_TOKEN ?? '' });
  });
}

export async function startReceivers({ replicas, signal }: World): Promise<void> {
  signal.throwIfAborted();
  await Promise.all(replicas.map((replica) => replica.start()));
}

/** False when it is not so after `limitMs`. Throws when the run is stopped. */
export async function comesTrue(
  { signal }: Stage,
  isSo: () => boolean | Promise<boolean>,
  limitMs: number,
): Promise<boolean> {
  const isTrue = await waitUntil(async () => isSo(), limitMs, signal);
  signal.throwIfAborted();
  return isTrue;
}

/** Whether the merchant has seen so many events and nothing is unfinished. Asks Postgres only then. */
export async function isDrained({ database, merchant }: World, events: number): Promise<boolean> {
  return merchant.distinct() >= events && (await database.query('select from outbox limit 1')).length === 0;
}

async function makeDatabase(server: SharedDatabase, cleanUps: CleanUps): Promise<SharedDatabase> {
  const name = `backlog_${randomBytes(ANY_NAME_BYTES).toString('hex')}`;
  await server.query(`create database ${name}`);
  cleanUps.push(() => server.query(`drop database ${name} with (force)`));
  const connectionString = urlOf(server.connectionString, name);
  await migrateToLatest(connectionString);
  return lookInto(connectionString, cleanUps);
}
