/** The database of a command: DATABASE_URL, or an embedded one under DATA_DIR that runs as long as the command. */
import type { Config } from '../config/settings.ts';
import { findRunningEmbedded, startEmbeddedPostgres } from '../db/embedded/embedded.ts';
import { classifyDatabaseError, databaseFix } from '../db/errors.ts';
import { errorSummary, sqlStateOf } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { Terminal } from './command.ts';

export interface CommandDatabase {
  readonly connectionString: string;
  /** Stops an embedded database; does nothing to the one of DATABASE_URL. */
  stop(): Promise<void>;
}

/** Why `findCommandDatabase` found none; the beginning of a sentence. */
export const NO_COMMAND_DATABASE = 'DATABASE_URL is not set, and no Postgres runs in DATA_DIR';

/** What a command says that works on what the running service stores; it ends with 1, as when the database is away. */
export const NO_SERVICE = `No service runs here: ${NO_COMMAND_DATABASE}. Start serve first.`;

/** Prints why the database of a command failed and, unless the error is a bug of ours, what to do. */
export function printDatabaseFailure(error: unknown, what: string, terminal: Pick<Terminal, 'printError'>): void {
  terminal.printError(`${what}: ${errorSummary(error)}`);
  const isBug = sqlStateOf(error) === null && classifyDatabaseError(error) === 'defect';
  if (!isBug) terminal.printError(`Fix: ${databaseFix(error)}`);
}

/** Returns the database that the running service uses; null when there is none without starting one. */
export async function findCommandDatabase(config: Pick<Config, 'DATABASE_URL' | 'DATA_DIR'>): Promise<string | null> {
  return config.DATABASE_URL ?? (await findRunningEmbedded(config.DATA_DIR));
}

/**
 * Opens DATABASE_URL or starts an embedded database. Throws EmbeddedError with a message for the operator if it cannot
 * start.
 */
export async function openCommandDatabase(
  config: Pick<Config, 'DATABASE_URL' | 'DATA_DIR'>,
  logger: Logger,
): Promise<CommandDatabase> {
  if (config.DATABASE_URL !== null) return { connectionString: config.DATABASE_URL, stop: async () => undefined };
  const postgres = await startEmbeddedPostgres({ dataDir: config.DATA_DIR });
  logger.info({ event: 'database.embedded', dataDir: config.DATA_DIR });
  return { connectionString: postgres.connectionString, stop: () => postgres.stop() };
}
