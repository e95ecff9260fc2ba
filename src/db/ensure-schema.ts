/** The schema at a start: migrated or checked, as soon as the database is available. */
import { setTimeout } from 'node:timers/promises';
import type { DatabaseUrl } from '../config/rereadable-url.ts';
import type { Config } from '../config/settings.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { classifyDatabaseError, databaseFix } from './errors.ts';
import { knownMigrations, migrateToLatest, pendingMigrations, requireCurrentSchema } from './migrate.ts';
import { UnfitDatabaseError } from './requirements.ts';
import { describeServer } from './server-name.ts';

const FIRST_RECONNECT_MS = 250;
const MAX_RECONNECT_MS = 5_000;

/**
 * MIGRATE_ON_START is off and the database lacks a migration that this program needs. The message names it and the fix.
 */
export class MigrationMissingError extends Error {
  constructor(names: readonly string[]) {
    super(`the database lacks ${names.join(', ')}: run the command migrate, or set MIGRATE_ON_START=true`);
    this.name = 'MigrationMissingError';
  }
}

export interface EnsureSchemaOptions {
  readonly config: Pick<Config, 'MIGRATE_ON_START' | 'MIGRATION_DATABASE_URL' | 'DATABASE_DIRECT_URL'>;
  readonly connectionString: DatabaseUrl;
  /** Replaces MIGRATION_DATABASE_URL, which may have come from a file. */
  readonly migrationUrl?: DatabaseUrl | null;
  readonly logger: Logger;
  /** Stops waiting for an unavailable database. */
  readonly signal: AbortSignal;
  /** Called when the database has responded, before a migration runs. */
  onDatabaseReachable(): void;
}

/**
 * Migrates the schema at start or, with MIGRATE_ON_START=false, checks that it is current. Waits for an unavailable
 * database, because receiver and database often start together; does not retry a migration that fails. Resolves when
 * the schema is current, or when `signal` is aborted. Throws the error of a failed migration, and an UnfitDatabaseError
 * where waiting does not help.
 */
export async function ensureSchema(options: EnsureSchemaOptions): Promise<void> {
  // Outside the loop: a folder that cannot be read is no outage of the database.
  await knownMigrations();
  let waitMs = FIRST_RECONNECT_MS;
  while (!options.signal.aborted) {
    try {
      return await ensureSchemaOnce(options);
    } catch (error) {
      const isForOperator = error instanceof MigrationMissingError || error instanceof UnfitDatabaseError;
      if (isForOperator || classifyDatabaseError(error) !== 'unavailable') throw error;
      options.logger.error({
        event: 'database.unreachable',
        waitingFor: describeServer(options.connectionString),
        reason: errorSummary(error),
        fix: databaseFix(error),
        nextTryInMs: waitMs,
      });
    }
    await setTimeout(waitMs, undefined, { signal: options.signal }).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, MAX_RECONNECT_MS);
  }
}

async function ensureSchemaOnce(options: EnsureSchemaOptions): Promise<void> {
  const { config, connectionString, logger, onDatabaseReachable } = options;
  const migrationUrl =
    options.migrationUrl ?? config.MIGRATION_DATABASE_URL ?? config.DATABASE_DIRECT_URL ?? connectionString;
  const pending = await pendingMigrations(connectionString);
  onDatabaseReachable();
  if (pending.length > 0) {
    if (!config.MIGRATE_ON_START) throw new MigrationMissingError(pending);
    const { applied } = await migrateToLatest(migrationUrl);
    for (const migration of applied) logger.info({ event: 'database.migrated', migration });
  }
  await requireCurrentSchema(connectionString);
}
