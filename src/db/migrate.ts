/**
 * Brings a database to the newest schema, forward only. Several processes may start at once: the migrator holds an
 * advisory lock, and the second process finds nothing left to do. A database that is newer than this program is
 * left unchanged, so that an older process can run beside a newer one during an update.
 *
 * Everything is looked for in the current schema alone, so that receivers may share a database, each in a schema of its
 * own, and other applications may be beside them.
 */
import * as fs from 'node:fs/promises';
import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Kysely, type Transaction } from 'kysely';
import { FileMigrationProvider, Migrator } from 'kysely/migration';
import type { DatabaseUrl } from '../config/rereadable-url.ts';
import { createOpener, type OpenOptions } from './connection/open.ts';
import { createPool } from './connection/pool.ts';
import { MIGRATION_SETTINGS } from './connection/session-settings.ts';
import { classifyDatabaseError } from './errors.ts';
import { explainMigrationFailure } from './migration-failure.ts';
import { lockMigrations, MigrationDialect } from './migration-lock.ts';
import {
  appliedMigrations,
  createMigrationTables,
  MIGRATION_LOCK_TABLE,
  MIGRATION_TABLE,
  renameDefaultTables,
} from './migration-table.ts';
import { type DatabasePlace, requirePlace, requireRights, UnfitDatabaseError } from './requirements.ts';

const FOLDER = path.join(import.meta.dirname, '..', '..', 'migrations');
const CONNECT_TIMEOUT_MS = 4_900;
const WAIT_TIMEOUT_MS = 5_000;
/** The check of the schema is two small statements: a server that does not respond to them has hung. */
const CHECK_TIMEOUT_MS = 5_000;
/** A migration may take long, but not on a connection whose other end is gone. */
const KEEP_ALIVE_AFTER_MS = 10_000;

const MAX_ATTEMPTS = 10;
const RETRY_MS = 100;

/**
 * Checks that the service finds a current schema and may use it. Throws an UnfitDatabaseError otherwise: a role without
 * rights, or a MIGRATION_DATABASE_URL that leads elsewhere.
 */
export async function requireCurrentSchema(connectionString: DatabaseUrl): Promise<void> {
  await withPlace(checking(connectionString), async (db, place) => {
    const pending = await findPending(db);
    if (pending.length === 0) return requireRights(db, place);
    throw new UnfitDatabaseError(
      `Schema "${place.schema}" of database "${place.database}" lacks ${pending.join(', ')} after the migration.`,
      'Let MIGRATION_DATABASE_URL and DATABASE_URL lead to the same database and schema (search_path).',
    );
  });
}

/** Names of the migrations that were applied now, in order; empty when none was pending. */
export interface MigrationResult {
  readonly applied: readonly string[];
}

/**
 * Applies all pending migrations. Throws the error of Postgres or of a migration; then none of its changes are kept. A
 * migration locks one table after the other, and so do the statements of a version that runs beside it. When Postgres
 * aborts the migration to resolve a deadlock, it is run again.
 */
export async function migrateToLatest(connectionString: DatabaseUrl): Promise<MigrationResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await migrateOnce(connectionString);
    } catch (error) {
      if (classifyDatabaseError(error) !== 'conflict' || attempt === MAX_ATTEMPTS) throw error;
    }
    await setTimeout(attempt * RETRY_MS);
  }
}

async function migrateOnce(connectionString: DatabaseUrl): Promise<MigrationResult> {
  if ((await pendingMigrations(connectionString)).length === 0) return { applied: [] };
  // No timeout: a process that waits for another process's migration must not be aborted.
  return withPlace({ url: connectionString }, (db, { schema }) =>
    db.transaction().execute((transaction) => migrateIn(transaction, schema)),
  );
}

/** Applies all pending migrations in one transaction, while no other process migrates the schema. */
async function migrateIn(transaction: Transaction<unknown>, schema: string): Promise<MigrationResult> {
  await lockMigrations(transaction);
  await renameDefaultTables(transaction, await knownMigrations());
  await createMigrationTables(transaction);
  const migrator = new Migrator({
    db: transaction,
    provider: new FileMigrationProvider({ fs, path, migrationFolder: FOLDER }),
    migrationTableSchema: schema,
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: MIGRATION_LOCK_TABLE,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return { applied: (results ?? []).map((result) => result.migrationName) };
}

/**
 * Returns the names of the migrations that this program needs and the database lacks, in order. Changes nothing. Throws
 * an UnfitDatabaseError if the database cannot be used at all.
 */
export async function pendingMigrations(connectionString: DatabaseUrl): Promise<readonly string[]> {
  return withPlace(checking(connectionString), findPending);
}

type WorkOptions = Pick<OpenOptions, 'url' | 'queryTimeoutMs' | 'isReadOnlyEnough'>;

/** For checks that only read: a standby, or a server that is read-only for now, shows as much. */
function checking(url: DatabaseUrl): WorkOptions {
  return { url, queryTimeoutMs: CHECK_TIMEOUT_MS, isReadOnlyEnough: true };
}

async function findPending(db: Kysely<unknown>): Promise<readonly string[]> {
  const known = await knownMigrations();
  const applied = new Set(await appliedMigrations(db, known));
  return known.filter((name) => !applied.has(name));
}

/** Names of the migrations of this program, in order. */
export async function knownMigrations(): Promise<readonly string[]> {
  const files = await readdir(FOLDER);
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}

/** Works where the connection leads, which must be fit for the receiver. Throws an UnfitDatabaseError if it is not. */
function withPlace<T>(
  options: WorkOptions,
  work: (db: Kysely<unknown>, place: DatabasePlace) => Promise<T>,
): Promise<T> {
  return withConnection(options, async (db) => {
    const place = await requirePlace(db);
    try {
      return await work(db, place);
    } catch (error) {
      throw explainMigrationFailure(error, place);
    }
  });
}

async function withConnection<T>(options: WorkOptions, work: (db: Kysely<unknown>) => Promise<T>): Promise<T> {
  const open = createOpener({
    ...options,
    applicationName: 'resurs-callback-receiver migrations',
    settings: MIGRATION_SETTINGS,
    timeoutMs: CONNECT_TIMEOUT_MS,
    keepAliveAfterMs: KEEP_ALIVE_AFTER_MS,
  });
  const pool = createPool({ max: 2, open, waitMs: WAIT_TIMEOUT_MS });
  // A connection that breaks while in use reports it twice: to the statement and here. Without a listener here, the
  // process would end.
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('error', () => undefined);
  const db = new Kysely<unknown>({ dialect: new MigrationDialect({ pool }) });
  try {
    return await work(db);
  } finally {
    await pool.end();
  }
}
