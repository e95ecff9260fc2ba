/** Where a command's database is: DATABASE_URL, or one of our own under DATA_DIR that lives as long as the command. */
import type { Config } from '../config/settings.ts';
import { findRunningEmbedded, startEmbeddedPostgres } from '../db/embedded/embedded.ts';
import type { Logger } from '../lib/logger.ts';

export interface CommandDatabase {
  readonly connectionString: string;
  /** Stops what was started; does nothing to a database that is not ours. */
  stop(): Promise<void>;
}

/** The database that the service beside this command works with; null when none can be found without starting one. */
export async function findCommandDatabase(config: Pick<Config, 'DATABASE_URL' | 'DATA_DIR'>): Promise<string | null> {
  return config.DATABASE_URL ?? (await findRunningEmbedded(config.DATA_DIR));
}

/** Throws EmbeddedError with a message for the operator when there is neither. */
export async function openCommandDatabase(
  config: Pick<Config, 'DATABASE_URL' | 'DATA_DIR'>,
  logger: Logger,
): Promise<CommandDatabase> {
  if (config.DATABASE_URL !== null) return { connectionString: config.DATABASE_URL, stop: async () => undefined };
  const postgres = await startEmbeddedPostgres({ dataDir: config.DATA_DIR });
  logger.info({ event: 'database.embedded', dataDir: config.DATA_DIR });
  return { connectionString: postgres.connectionString, stop: () => postgres.stop() };
}
