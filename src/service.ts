/**
 * The running service: database, way in, way out and listeners, in the order in which they start and stop.
 *
 * It listens before the database is there, so that a callback gets 503 instead of no answer, and takes nothing before
 * the schema is current. Stopping goes the other way round: first nothing new comes in, then what is in flight ends,
 * then the connections close.
 */
import { randomUUID } from 'node:crypto';
import { Registry } from '@prometheus-io/client';
import { type Apps, buildApps } from './app.ts';
import { createOwnership, type Ownership } from './callbacks/ownership.ts';
import { createWayIn } from './callbacks/way-in.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config/settings.ts';
import { createNotices, type Notices } from './db/notices.ts';
import { type Databases, openDatabases } from './db/pools.ts';
import { prepareSchema } from './db/prepare.ts';
import type { AttemptResult } from './deliveries/attempt.ts';
import { createWayOut, type WayOut } from './deliveries/way-out.ts';
import { shortReason } from './errors.ts';
import { createRetention } from './events/retention.ts';
import { createHousekeeping, type Housekeeping } from './housekeeping.ts';
import { type Listening, listen, watchCertificate } from './listen.ts';
import type { Logger } from './logger.ts';
import { addGauges } from './status/gauges.ts';
import type { NotReady } from './status/health.ts';
import { createMetrics } from './status/metrics.ts';
import { readTlsFiles } from './tls.ts';
import { readVersion } from './version.ts';

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
  const stopping = new AbortController();
  let phase: Phase = 'starting';
  const parts = await assemble(options, () => phase);
  const urls = await listen(parts.apps, config).catch(async (error: unknown) => {
    await closeAll(parts, 0);
    throw error;
  });
  logger.info({ event: 'service.listening', ...urls, version: parts.version });
  const endWatching = watchCertificate(parts.apps, config, logger);

  const onReached = () => {
    phase = stopping.signal.aborted ? 'stopping' : 'migrations';
  };
  const ready = prepareSchema({ ...options, signal: stopping.signal, onReached }).then(() => {
    if (stopping.signal.aborted) return;
    phase = null;
    parts.wayOut.start();
    parts.notices.start();
    parts.housekeeping.start();
    logger.info({ event: 'service.ready' });
  });

  async function stop(): Promise<void> {
    phase = 'stopping';
    stopping.abort();
    endWatching();
    await closeAll(parts, config.SHUTDOWN_TIMEOUT_MS);
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

type Phase = Exclude<NotReady, 'database'> | null;

interface Parts {
  readonly apps: Apps;
  readonly wayOut: WayOut;
  readonly ownership: Ownership;
  readonly notices: Notices;
  readonly housekeeping: Housekeeping;
  readonly db: Databases;
  readonly version: string;
}

/** Makes everything and starts nothing. */
async function assemble({ config, connectionString, logger }: ServiceOptions, phase: () => Phase): Promise<Parts> {
  const version = readVersion();
  const clock = systemClock;
  const db = openDatabases({
    connectionString,
    poolSize: config.DATABASE_POOL_SIZE,
    onConnectionError: (error) => logger.warn({ event: 'database.connection_lost', reason: shortReason(error) }),
  });
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const onAttempt = ({ outcome, durationMs }: AttemptResult) => metrics.onAttempt(outcome, durationMs);
  const { onRescueFailure } = metrics;
  const shared = { config, logger, version, clock };
  const wayOut = createWayOut({ ...shared, db: db.deliveries, onAttempt, onRescueFailure });
  const notices = createNotices({ connectionString, senderId: randomUUID(), clock, onNotice: wayOut.nudge });
  const nudge = () => {
    wayOut.nudge();
    notices.announce();
  };
  const recorder = createWayIn({ db: db.callbacks, config, room: wayOut.room, nudge, onGroup: metrics.onGroup });
  addGauges(registry, { db, clock, webhookHealth: wayOut.health, waitingCallbacks: recorder.waiting, version });
  const ownership = createOwnership(config, db.callbacks);
  const apps = await buildApps({
    ...shared,
    db,
    recorder,
    ownership,
    metrics,
    registry,
    phase,
    nudge,
    tls: tlsOf(config),
    newRequestId: randomUUID,
    webhookHealth: wayOut.health,
  });
  const housekeeping = createHousekeeping({ ...createRetention(db.looking, config.RETENTION_DAYS), logger });
  return { apps, wayOut, ownership, notices, housekeeping, db, version };
}

async function closeAll(parts: Parts, graceMs: number): Promise<void> {
  // Attempts in flight may take as long as callbacks in flight, and neither waits for the other.
  const { callbacks, status } = parts.apps;
  await Promise.all([callbacks.close(graceMs), status?.close(graceMs), parts.wayOut.stop(graceMs)]);
  await Promise.all([parts.ownership.close(), parts.notices.stop(), parts.housekeeping.stop()]);
  await parts.db.close();
}

function tlsOf(config: Config) {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } = config;
  return cert === null || key === null ? null : readTlsFiles(cert, key);
}
