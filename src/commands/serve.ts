/** `serve`: the receiver itself, from start to a graceful stop. */
import { type RereadableOptions, rereadable } from '../config/rereadable-url.ts';
import { EmbeddedError } from '../db/embedded/error.ts';
import { MigrationMissingError } from '../db/ensure-schema.ts';
import { UnfitDatabaseError } from '../db/requirements.ts';
import { listenFix } from '../http/listen-fix.ts';
import { errorSummary } from '../lib/errors.ts';
import { createLogger, type Logger, openLogOutput } from '../lib/logger.ts';
import { readRevision } from '../lib/revision.ts';
import { type Service, startService } from '../service.ts';
import { defineCommand, EXIT, type Terminal } from './command.ts';
import { type CommandDatabase, openCommandDatabase } from './database.ts';

const HELP = `Usage: receiver serve

Receives callbacks, stores each event once and delivers it. Settings come from the
environment: docs/settings.md lists them, and the command config prints them.

SIGTERM, SIGINT or SIGHUP: accepts nothing more, finishes what is in flight within
SHUTDOWN_TIMEOUT_MS and exits with 0.`;

export const serve = defineCommand({
  summary: 'receive callbacks and deliver their events (the default)',
  help: HELP,
  options: {},
  async run({ config, terminal }) {
    const output = openLogOutput();
    const logger = createLogger(config.LOG_LEVEL, output);
    let database: CommandDatabase | null = null;
    let service: Service | null = null;
    try {
      database = await openCommandDatabase(config, logger);
      const reread = rereadOptions(terminal, logger);
      service = await startService({
        config,
        connectionString: rereadable('DATABASE_URL', database.connectionString, reread),
        migrationUrl:
          config.MIGRATION_DATABASE_URL && rereadable('MIGRATION_DATABASE_URL', config.MIGRATION_DATABASE_URL, reread),
        directUrl: config.DATABASE_DIRECT_URL && rereadable('DATABASE_DIRECT_URL', config.DATABASE_DIRECT_URL, reread),
        logger,
        droppedLogLines: output.droppedLines,
        revision: readRevision(terminal),
      });
      // Also before it is ready: a service that waits for its database must still react to a stop.
      await Promise.race([stopRequested(terminal), service.ready.then(() => stopRequested(terminal))]);
      return EXIT.ok;
    } catch (error) {
      return startupExitCode(error, logger);
    } finally {
      // In this order: the service needs the database until it has drained.
      await service?.stop();
      await database?.stop();
    }
  },
});

/** How the URLs of the database are read again when the server refuses the login. */
function rereadOptions({ env }: Terminal, logger: Logger): RereadableOptions {
  return { env, onChange: (setting) => logger.info({ event: 'database.url_reread', setting: `${setting}_FILE` }) };
}

/** Resolves when the operator asks to stop; at once if that happened before. */
async function stopRequested({ stop }: Terminal): Promise<void> {
  if (stop === undefined || stop.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  stop.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}

function startupExitCode(error: unknown, logger: Logger): number {
  // The message of a port that cannot be opened is enough; an unexpected error needs its stack.
  const isDatabaseWrong = error instanceof MigrationMissingError || error instanceof UnfitDatabaseError;
  const fix = listenFix(error);
  const isForOperator = error instanceof EmbeddedError || isDatabaseWrong || fix !== null;
  const stack = error instanceof Error && !isForOperator ? error.stack : undefined;
  const reason = isForOperator && error instanceof Error ? error.message : errorSummary(error);
  logger.fatal({
    event: 'service.failed',
    reason,
    ...(fix === null ? {} : { fix }),
    ...(stack === undefined ? {} : { stack }),
  });
  return isDatabaseWrong ? EXIT.config : EXIT.failed;
}
