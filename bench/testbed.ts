/**
 * Sets up what the scenarios measure: one embedded Postgres with fsync on, databases in it, and receivers on them as
 * real processes. It also removes all of it.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import pg from 'pg';
import type { EmbeddedPostgres } from '../src/db/embedded/embedded.ts';
import { migrateToLatest } from '../src/db/migrate.ts';
import { freePort } from '../test/harness/listen.ts';
import { startPreloadedPostgres } from './preloaded-postgres.ts';
import { type Receiver, startReceiver } from './receiver.ts';

export const SALT = 'a-salt-of-the-benchmark-3Kd9';
export const STATUS_TOKEN = 'a-status-token-of-the-benchmark-5Tr8';
export const CALLBACK_PATH = '/callbacks/resurs';
const SERVICE = 'src/main.ts';

/** Keeps the WAL files, so that they are reused. */
const SETTINGS = { min_wal_size: '1GB' };
const WAL_FILES = 48;

export interface Testbed {
  readonly postgres: EmbeddedPostgres;
  /** Creates and migrates a database; resolves with its connection string. Receivers share the first one by default. */
  createDatabase(name: string): Promise<string>;
  /** Starts a receiver and waits until it is ready. Without `webhookUrl` its deliveries stay `held`. */
  startReceiver(options: ReceiverStartOptions): Promise<Receiver>;
  /** Stops the receivers; the databases stay. */
  stopReceivers(): Promise<void>;
  /** Stops everything and removes its files. */
  stop(): Promise<void>;
}

export interface ReceiverStartOptions {
  readonly webhookUrl: string | null;
  /** The program to start, below the repository. Default: the service. */
  readonly entry?: string;
  readonly connectionString?: string;
}

/**
 * Starts Postgres. `profileDir`: the folder for CPU profiles of the receivers. `preload`: a library for Postgres, left
 * out where it cannot be loaded.
 */
export async function openTestbed(
  profileDir: string | null = null,
  { preload = null }: { readonly preload?: string | null } = {},
): Promise<Testbed> {
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-bench-'));
  const postgres = await startPreloadedPostgres({ dataDir: path.join(folder, 'data'), settings: SETTINGS, preload });
  await fillWalFiles(postgres.connectionString);
  const receivers: Receiver[] = [];
  let started = 0;
  const stopReceivers = async () => {
    await Promise.all(receivers.splice(0).map((receiver) => receiver.stop()));
  };
  return {
    postgres,
    async createDatabase(name) {
      const connectionString = connectionTo(postgres.connectionString, name);
      await query(postgres.connectionString, `create database ${name}`);
      await migrateToLatest(connectionString);
      return connectionString;
    },
    async startReceiver({ webhookUrl, entry = SERVICE, connectionString = postgres.connectionString }) {
      started += 1;
      const port = await freePort();
      const logFile = path.join(folder, `receiver-${started}.log`);
      const env = environment(connectionString, port, webhookUrl);
      const receiver = await startReceiver({ entry, port, env, logFile, profileDir });
      receivers.push(receiver);
      return receiver;
    },
    stopReceivers,
    async stop() {
      await stopReceivers();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * Creates the WAL files that a Postgres has after some hours. A new Postgres fills each file with zeros first, every 16
 * MiB, while all commits wait: some 50 ms, and the slowest responses would measure only that.
 */
async function fillWalFiles(connectionString: string): Promise<void> {
  for (let file = 0; file < WAL_FILES; file += 1) {
    await query(connectionString, `select pg_logical_emit_message(false, 'bench', '')`);
    await query(connectionString, 'select pg_switch_wal()');
  }
  await query(connectionString, 'checkpoint');
}

/** Runs one statement on a connection of its own. */
export async function query<Row extends object>(connectionString: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

function connectionTo(connectionString: string, database: string): string {
  const url = new URL(connectionString);
  url.pathname = `/${database}`;
  return url.href;
}

function environment(connectionString: string, port: number, webhookUrl: string | null) {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  return {
    PATH: process.env.PATH ?? '',
    DATABASE_URL: connectionString,
    HOST: '127.0.0.1',
    PORT: String(port),
    DIGEST_SALT: SALT,
    STATUS_TOKEN,
    LOG_LEVEL: 'info',
    ...(webhookUrl === null ? {} : { WEBHOOK_URL: webhookUrl, WEBHOOK_SECRET: secret }),
  };
}
