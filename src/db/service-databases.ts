/** The databases of the running service, and what the log says of them. */
import type { DatabaseUrl } from '../config/rereadable-url.ts';
import type { Config } from '../config/settings.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { createOpeningLog } from './connection/opening-log.ts';
import type { Notifier } from './notifier.ts';
import { createOutageLog } from './outage-log.ts';
import { type Databases, openDatabases } from './pools.ts';

export interface ServiceDatabaseOptions {
  readonly config: Config;
  readonly connectionString: DatabaseUrl;
  readonly logger: Logger;
}

/** Warns that without LISTEN a replica is not woken by the others, and finds what is due with its next poll. */
export function warnOfPooler(config: Config, logger: Logger): void {
  const setting = config.DATABASE_DIRECT_URL === null ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL';
  logger.warn({
    event: 'database.pooler',
    reason: `${setting} leads to a pooler in transaction mode: replicas do not wake each other, and poll once a second`,
    fix: 'Set DATABASE_DIRECT_URL to the server itself.',
  });
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
