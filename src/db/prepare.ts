/**
 * The schema at start: made current, or, with MIGRATE_ON_START=false, found to be so. A database that is away is waited
 * for, since receiver and database often start together; a migration that fails is not tried again.
 */
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../config/settings.ts';
import { databaseFaultOf, shortReason } from '../errors.ts';
import type { Logger } from '../logger.ts';
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

export interface PrepareOptions {
  readonly config: Pick<Config, 'MIGRATE_ON_START' | 'MIGRATION_DATABASE_URL'>;
  readonly connectionString: string;
  readonly logger: Logger;
  /** Ends the waiting for a database that is away. */
  readonly signal: AbortSignal;
  /** Told when the database has answered and the schema is being looked at. */
  onReached(): void;
}

/** Resolves when the schema is current, or when `signal` has fired. Throws what a migration threw. */
export async function prepareSchema(options: PrepareOptions): Promise<void> {
  let waitMs = FIRST_WAIT_MS;
  while (!options.signal.aborted) {
    try {
      return await prepare(options);
    } catch (error) {
      if (databaseFaultOf(error) !== 'unavailable' || error instanceof MigrationMissingError) throw error;
      options.logger.error({ event: 'database.unreachable', reason: shortReason(error), nextTryInMs: waitMs });
    }
    await setTimeout(waitMs, undefined, { signal: options.signal }).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, MAX_WAIT_MS);
  }
}

async function prepare({ config, connectionString, logger, onReached }: PrepareOptions): Promise<void> {
  const pending = await pendingMigrations(connectionString);
  onReached();
  if (pending.length === 0) return;
  if (!config.MIGRATE_ON_START) throw new MigrationMissingError(pending);
  const { applied } = await migrateToLatest(config.MIGRATION_DATABASE_URL ?? connectionString);
  for (const migration of applied) logger.info({ event: 'database.migrated', migration });
}
