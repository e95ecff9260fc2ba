/** The testbed of one fault: its own database on the shared Postgres, a merchant, and receivers. */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { waitUntil } from '../../test/harness/wait.ts';
import { urlOf } from '../../test/helpers/postgres.ts';
import { connectTo, type SharedDatabase } from '../database.ts';
import { type Cleanup, withCleanup } from '../lib/cleanup.ts';
import { receiverEnv } from '../receiver-env.ts';
import { createReplica, type Replica } from '../replica.ts';
import { type Merchant, startMerchant } from './merchant.ts';

/** Enough tries that nothing becomes a dead letter. */
const RETRIES = 100;
const NAME_BYTES = 6;
/** The merchant runs in this busy process: its pauses must not count as an outage. */
const LONG_WEBHOOK_TIMEOUT = { WEBHOOK_TIMEOUT_MS: '5000' } as const;

/** Shared by the faults of a run. */
export interface BacklogContext {
  readonly server: SharedDatabase;
  readonly seed: number;
  /** A full run checks times; a short one only reports them, since the machine may be busy. */
  readonly isShort: boolean;
  /** Approximate number of events that wait for the merchant who was away for a month. */
  readonly monthEvents: number;
  /** Settings of every receiver. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  print(line: string): void;
}

export interface Testbed extends BacklogContext {
  readonly database: SharedDatabase;
  readonly merchant: Merchant;
  /** Not started yet, so that a fault can seed the database first. */
  readonly replicas: readonly Replica[];
  readonly salt: string;
  readonly statusToken: string;
}

export interface TestbedOptions {
  readonly replicas?: number;
  /** Additional settings. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `act` with a testbed, which is removed afterwards. */
export async function withTestbed<T>(
  context: BacklogContext,
  { replicas = 1, env = {} }: TestbedOptions,
  act: (testbed: Testbed) => Promise<T>,
): Promise<T> {
  return withCleanup(async (cleanup) => {
    const database = await createDatabase(context.server, cleanup);
    const merchant = await startMerchant(cleanup);
    const salt = randomBytes(24).toString('base64url');
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const webhook = { url: merchant.url, secret };
    const settings = receiverEnv({
      databaseUrl: database.connectionString,
      salt,
      mapiToken: null,
      webhook,
      retries: RETRIES,
    });
    const receivers = Array.from({ length: replicas }, (_, index) =>
      createReplica({
        name: `receiver-${index + 1}`,
        env: { ...settings, ...LONG_WEBHOOK_TIMEOUT, ...context.env, ...env },
      }),
    );
    // A failed run needs no graceful shutdown.
    cleanup.push(() => Promise.all(receivers.map((replica) => replica.kill())));
    setMaxListeners(0, context.signal);
    return act({ ...context, database, merchant, replicas: receivers, salt, statusToken: settings.STATUS_TOKEN ?? '' });
  });
}

/** Starts all receivers of the testbed. Throws when the run is stopped. */
export async function startReceivers({ replicas, signal }: Testbed): Promise<void> {
  signal.throwIfAborted();
  await Promise.all(replicas.map((replica) => replica.start()));
}

/** Waits for the condition; false when it is not met within `limitMs`. Throws when the run is stopped. */
export async function waitUntilTrue(
  { signal }: BacklogContext,
  isMet: () => boolean | Promise<boolean>,
  limitMs: number,
): Promise<boolean> {
  const wasMet = await waitUntil(async () => isMet(), limitMs, signal);
  signal.throwIfAborted();
  return wasMet;
}

/**
 * Reports whether the merchant received `events` events and nothing is unfinished. Queries Postgres only after the
 * first is true.
 */
export async function isDrained({ database, merchant }: Testbed, events: number): Promise<boolean> {
  return merchant.eventCount() >= events && (await database.query('select from outbox limit 1')).length === 0;
}

async function createDatabase(server: SharedDatabase, cleanup: Cleanup): Promise<SharedDatabase> {
  const name = `backlog_${randomBytes(NAME_BYTES).toString('hex')}`;
  await server.query(`create database ${name}`);
  cleanup.push(() => server.query(`drop database ${name} with (force)`));
  const connectionString = urlOf(server.connectionString, name);
  await migrateToLatest(connectionString);
  return connectTo(connectionString, cleanup);
}
