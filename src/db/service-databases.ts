/** The database connections of the running service, and what the log says of them. */
import { randomUUID } from 'node:crypto';
import type { DatabaseUrl } from '../config/rereadable-url.ts';
import type { Config } from '../config/settings.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { createOpeningLog } from './connection/opening-log.ts';
import { createNotifier, type Notifier } from './notifier.ts';
import { createOutageLog } from './outage-log.ts';
import { type Databases, openDatabases } from './pools.ts';

export interface ServiceDatabaseOptions {
  readonly config: Config;
  /** URL of the database: DATABASE_URL, or that of the embedded Postgres. */
  readonly connectionString: DatabaseUrl;
  /** Replaces DATABASE_DIRECT_URL, which may have come from a file. */
  readonly directUrl?: DatabaseUrl | null;
  readonly logger: Logger;
}

/** Opens the pools, with one log line for each outage. `notifier` is asked where a pool needs another connection. */
export function openServiceDatabases(
  { config, connectionString, logger }: ServiceDatabaseOptions,
  notifier: () => Notifier | null,
): Databases {
  const outages = createOutageLog({ logger, clock: systemClock });
  return openDatabases({
    connectionString,
    poolSize: config.DATABASE_POOL_SIZE,
    onConnectionError: outages.lost,
    onResponse: outages.responded,
    onServerChange: () => notifier()?.reconnect(),
    isBackendAlive: async (pid) => (await notifier()?.isBackendAlive(pid)) ?? null,
    observer: createOpeningLog(logger),
  });
}

/** Creates the notifier of the process. `onNotification` is called when a delivery of another replica may be due. */
export function createServiceNotifier(
  { config, connectionString, directUrl, logger }: ServiceDatabaseOptions,
  onNotification: () => void,
): Notifier {
  return createNotifier({
    connectionString: directUrl ?? config.DATABASE_DIRECT_URL ?? connectionString,
    senderId: randomUUID(),
    clock: systemClock,
    onNotification,
    onTransactionPooler: () => warnOfPooler(config, logger),
  });
}

/** Warns that without LISTEN a replica is not woken by the others, and finds what is due with its next poll. */
function warnOfPooler(config: Config, logger: Logger): void {
  const setting = config.DATABASE_DIRECT_URL === null ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL';
  logger.warn({
    event: 'database.pooler',
    reason: `${setting} leads to a pooler in transaction mode: replicas do not wake each other, and poll once a second`,
    fix: 'Set DATABASE_DIRECT_URL to the server itself.',
  });
}
