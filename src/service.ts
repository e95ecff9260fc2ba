/**
 * The running service: database, way in, way out and listeners, in the order in which they start and stop.
 *
 * It listens before the database is there, so that a callback gets 503 instead of no answer, and takes nothing before
 * the schema is current. Stopping goes the other way round: first nothing new comes in, then what is in flight ends,
 * then the connections close.
 */
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { type Apps, buildApps } from './app.ts';
import { storeGroup } from './callbacks/record.ts';
import { createRecorder, type Recorder } from './callbacks/recorder.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config/settings.ts';
import { type Database, openDatabase } from './db/client.ts';
import { prepareSchema } from './db/prepare.ts';
import { giveTurn } from './deliveries/enqueue.ts';
import { createWayOut, type WayOut } from './deliveries/way-out.ts';
import { shortReason } from './errors.ts';
import { type Listening, listen, watchCertificate } from './listen.ts';
import type { Logger } from './logger.ts';
import type { NotReady } from './status/health.ts';
import { readTlsFiles } from './tls.ts';
import { readVersion } from './version.ts';

/** Half a second below the 4 s that every answer has (contract 4.2), for the way to the socket. */
const ANSWER_PATIENCE_MS = 3_500;

export interface ServiceOptions {
  readonly config: Config;
  /** Where the database is: DATABASE_URL, or the embedded one. */
  readonly connectionString: string;
  readonly logger: Logger;
}

export interface Service {
  readonly urls: Listening;
  /** Resolves when callbacks are taken; rejects when the schema cannot be made current. */
  readonly ready: Promise<void>;
  /** Ends everything, in SHUTDOWN_TIMEOUT_MS and a little at most. A second call gets the same promise. */
  stop(): Promise<void>;
}

/** Listens and begins to start; see Service.ready. Throws when a port or a TLS file is not to be had. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, logger } = options;
  const version = readVersion();
  const stopping = new AbortController();
  let phase: Exclude<NotReady, 'database'> | null = 'starting';
  const db = openDatabase({
    connectionString: options.connectionString,
    poolSize: config.DATABASE_POOL_SIZE,
    onConnectionError: (error) => logger.warn({ event: 'database.connection_lost', reason: shortReason(error) }),
  });
  const wayOut = createWayOut({ config, db, logger, version, clock: systemClock });
  const apps = await buildApps({
    config,
    db,
    recorder: createStore(db, config, wayOut),
    clock: systemClock,
    logger,
    version,
    tls: tlsOf(config),
    newRequestId: randomUUID,
    phase: () => phase,
    webhookHealth: wayOut.health,
    nudge: wayOut.nudge,
  });
  const urls = await listen(apps, config);
  logger.info({ event: 'service.listening', ...urls, version });
  const endWatching = watchCertificate(apps, config, logger);

  const onReached = () => {
    phase = stopping.signal.aborted ? 'stopping' : 'migrations';
  };
  const ready = prepareSchema({ ...options, signal: stopping.signal, onReached }).then(() => {
    if (stopping.signal.aborted) return;
    phase = null;
    wayOut.start();
    logger.info({ event: 'service.ready' });
  });

  async function stop(): Promise<void> {
    phase = 'stopping';
    stopping.abort();
    endWatching();
    await closeAll({ apps, wayOut, db, graceMs: config.SHUTDOWN_TIMEOUT_MS });
    logger.info({ event: 'service.stopped' });
  }
  let stopped: Promise<void> | null = null;
  return {
    urls,
    ready,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

interface Parts {
  readonly apps: Apps;
  readonly wayOut: WayOut;
  readonly db: Database;
  readonly graceMs: number;
}

async function closeAll({ apps, wayOut, db, graceMs }: Parts): Promise<void> {
  // Attempts in flight may take as long as callbacks in flight, and neither waits for the other.
  await Promise.all([apps.callbacks.close(), apps.status?.close(), wayOut.stop(graceMs)]);
  await db.close();
}

function tlsOf(config: Config) {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } = config;
  return cert === null || key === null ? null : readTlsFiles(cert, key);
}

/** The recorder over this database; what it stores is made known to the way out at once. */
function createStore(db: Database, config: Config, wayOut: WayOut): Recorder {
  return createRecorder({
    newId: randomUUIDv7,
    patienceMs: ANSWER_PATIENCE_MS,
    async store(group, signal) {
      const stored = await storeGroup(db, group, { maxEventsPerPayment: config.MAX_EVENTS_PER_PAYMENT, signal });
      const waiting = stored.flatMap((one) => (one.outcome === 'recorded' && one.waits ? [one.eventId] : []));
      // Should this fail, the sweep of forgotten turns makes it good.
      if (waiting.length > 0) void giveTurn(db, waiting).then(wayOut.nudge, () => undefined);
      if (stored.some((one) => one.outcome === 'recorded')) wayOut.nudge();
      return stored;
    },
  });
}
