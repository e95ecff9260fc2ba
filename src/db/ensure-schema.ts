/**
 * The schema at start: made current, or, with MIGRATE_ON_START=false, found to be so. A database that is away is waited
 * for, since receiver and database often start together; a migration that fails is not tried again.
 */
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../config/settings.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { classifyDatabaseError } from './errors.ts';
import { migrateToLatest, pendingMigrations } from './migrate.ts';

const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 5_000;

/** MIGRATE_ON_START is off and the database lacks what this program needs. The message names it and the fix. */
export class MigrationMissingError extends Error {
  constructor(names: readonly string[]) {
    super(`the database lacks ${names.join(', ')}: run the command migrate, or set MIGRATE_ON_START=true`);
    this.name = 'MigrationMissingError';
  }
}

export interface EnsureSchemaOptions {
  readonly config: Pick<Config, 'MIGRATE_ON_START' | 'MIGRATION_DATABASE_URL'>;
  readonly connectionString: string;
  readonly logger: Logger;
  /** Ends the waiting for a database that is away. */
  readonly signal: AbortSignal;
  /** Told when the database has answered and the schema is being looked at. */
  onDatabaseReachable(): void;
}

/** Resolves when the schema is current, or when `signal` has fired. Throws what a migration threw. */
export async function ensureSchema(options: EnsureSchemaOptions): Promise<void> {
  let waitMs = FIRST_WAIT_MS;
  while (!options.signal.aborted) {
    try {
      return await prepare(options);
    } catch (error) {
      if (classifyDatabaseError(error) !== 'unavailable' || error instanceof MigrationMissingError) throw error;
      options.logger.error({ event: 'database.unreachable', reason: errorSummary(error), nextTryInMs: waitMs });
    }
    await setTimeout(waitMs, undefined, { signal: options.signal }).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, MAX_WAIT_MS);
  }
}

async function prepare({
  config,
  connectionString,
  logger,
  onDatabaseReachable: onReachable,
}: EnsureSchemaOptions): Promise<void> {
  const pending = await pendingMigrations(connectionString);
  onReachable();
  if (pending.length === 0) return;
  if (!config.MIGRATE_ON_START) throw new MigrationMissingError(pending);
  const { applied } = await migrateToLatest(config.MIGRATION_DATABASE_URL ?? connectionString);
  for (const migration of applied) logger.info({ event: 'database.migrated', migration });
}
