/**
 * Brings a database to the newest schema, forward only. Safe when several processes start at once: kysely's migrator
 * holds an advisory lock, and who comes second finds nothing left to do. A database that is newer than this program
 * is left as it is, so that an older process can run beside a newer one during an update.
 */
import * as fs from 'node:fs/promises';
import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { FileMigrationProvider, Migrator } from 'kysely/migration';
import pg from 'pg';
import { classifyDatabaseError } from './errors.ts';

const FOLDER = path.join(import.meta.dirname, '..', '..', 'migrations');
const CONNECT_TIMEOUT_MS = 5_000;
/** The look at the schema is two small statements: a server that does not answer them has fallen silent. */
const CHECK_TIMEOUT_MS = 5_000;
/** A migration may take long, but not on a connection whose other end is gone. */
const KEEP_ALIVE_AFTER_MS = 10_000;

const MAX_ATTEMPTS = 10;
const RETRY_MS = 100;

/** Names of the migrations that were run now, in order; empty when there was nothing to do. */
export interface MigrationResult {
  readonly applied: readonly string[];
}

/**
 * Runs what is missing. Throws what Postgres or a migration threw; then nothing of it was kept. A migration locks one table
 * after the other, and so do the statements of a version that runs beside it: where Postgres ends the migration to
 * resolve a deadlock, it is run again.
 */
export async function migrateToLatest(connectionString: string): Promise<MigrationResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await migrateOnce(connectionString);
    } catch (error) {
      if (classifyDatabaseError(error) !== 'conflict' || attempt === MAX_ATTEMPTS) throw error;
    }
    await setTimeout(attempt * RETRY_MS);
  }
}

async function migrateOnce(connectionString: string): Promise<MigrationResult> {
  if ((await pendingMigrations(connectionString)).length === 0) return { applied: [] };
  // No time-out: who waits for another process's migration must not be cut off.
  return withConnection({ connectionString }, async (db) => {
    const migrator = new Migrator({ db, provider: new FileMigrationProvider({ fs, path, migrationFolder: FOLDER }) });
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
    return { applied: (results ?? []).map((result) => result.migrationName) };
  });
}

/** Names of the migrations this program needs and the database lacks. Changes nothing. */
export async function pendingMigrations(connectionString: string): Promise<readonly string[]> {
  return withConnection({ connectionString, query_timeout: CHECK_TIMEOUT_MS }, pendingIn);
}

async function pendingIn(db: Kysely<unknown>): Promise<readonly string[]> {
  const files = await readdir(FOLDER);
  const known = files.filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -'.ts'.length));
  const table = await sql<{ present: boolean }>`
    select to_regclass('kysely_migration') is not null as present`.execute(db);
  if (table.rows[0]?.present !== true) return known.sort();
  const applied = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  const names = new Set(applied.rows.map((row) => row.name));
  return known.filter((name) => !names.has(name)).sort();
}

async function withConnection<T>(options: pg.PoolConfig, work: (db: Kysely<unknown>) => Promise<T>): Promise<T> {
  const pool = new pg.Pool({
    ...options,
    max: 2,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  });
  // A connection that breaks while it works tells it twice: to the statement, and here, where silence would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('error', () => undefined);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    return await work(db);
  } finally {
    await pool.end();
  }
}
