/** `migrate`: brings the database to the newest schema and ends. */
import { databaseFix } from '../db/errors.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { errorCode, errorSummary, sqlStateOf } from '../lib/errors.ts';
import { createLogger } from '../lib/logger.ts';
import { defineCommand, EXIT } from './command.ts';
import { openCommandDatabase } from './database.ts';

const HELP = `Usage: receiver migrate

Brings the database (MIGRATION_DATABASE_URL, else DATABASE_DIRECT_URL, else DATABASE_URL,
else the embedded one) to the newest schema. Safe to run from several places at once. When
it fails, it exits with 1 and leaves the schema as it was.`;

export const migrate = defineCommand({
  summary: 'bring the database to the newest schema',
  help: HELP,
  options: {},
  async run({ config, terminal }) {
    const database = await openCommandDatabase(config, createLogger('silent'));
    try {
      const { applied } = await migrateToLatest(
        config.MIGRATION_DATABASE_URL ?? config.DATABASE_DIRECT_URL ?? database.connectionString,
      );
      for (const name of applied) terminal.print(`applied ${name}`);
      if (applied.length === 0) terminal.print('The schema is current.');
      return EXIT.ok;
    } catch (error) {
      const isWorded = error instanceof Error && sqlStateOf(error) === null;
      terminal.printError(`The migration failed: ${isWorded ? error.message : errorSummary(error)}`);
      if (errorCode(error) !== null) terminal.printError(`Fix: ${databaseFix(error)}`);
      return EXIT.failed;
    } finally {
      await database.stop();
    }
  },
});
