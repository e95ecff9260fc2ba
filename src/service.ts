/**
 * The running service: database, way in, way out and listeners, in the order in which they start and stop.
 *
 * It listens before the database is there, so that a callback gets 503 instead of no answer, and takes nothing before
 * the schema is current. Stopping goes the other way round: first nothing new comes in, then what is in flight ends,
 * then the connections close.
 */
import { randomUUID } from 'node:crypto';
import { Registry } from '@prometheus-io/client';
import { buildServers } from './app.ts';
import type { Config } from './config/settings.ts';
import { ensureSchema } from './db/ensure-schema.ts';
import { createNotifier, type Notifier } from './db/notifier.ts';
import { type Databases, openDatabases } from './db/pools.ts';
import { createDeliveries, type Deliveries } from './deliveries/deliveries.ts';
import type { AttemptResult } from './deliveries/retry.ts';
import { createRetention } from './events/retention.ts';
import { createRetentionJob, type RetentionJob } from './events/retention-job.ts';
import { type ListenUrls, listen, watchCertificate } from './http/listen.ts';
import type { HttpServers } from './http/server.ts';
import { readTlsFiles } from './http/tls.ts';
import { createRecorder } from './inbox/recorder.ts';
import { systemClock } from './lib/clock.ts';
import { errorSummary } from './lib/errors.ts';
import type { Logger } from './lib/logger.ts';
import { readVersion } from './lib/version.ts';
import { createOwnership, type Ownership } from './ownership/ownership.ts';
import { addGauges } from './status/gauges.ts';
import type { NotReadyReason } from './status/health.ts';
import { createMetrics } from './status/metrics.ts';

export interface ServiceOptions {
  readonly config: Config;
  /** Where the database is: DATABASE_URL, or the embedded one. */
  readonly connectionString: string;
  readonly logger: Logger;
}

export interface Service {
  readonly urls: ListenUrls;
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
  const parts = await createComponents(options, () => phase);
  const urls = await listen(parts.apps, config).catch(async (error: unknown) => {
    await closeAll(parts, 0);
    throw error;
  });
  logger.info({ event: 'service.listening', ...urls, version: parts.version });
  const endWatching = watchCertificate(parts.apps, config, logger);

  const onDatabaseReachable = () => {
    phase = stopping.signal.aborted ? 'stopping' : 'migrations';
  };
  const ready = ensureSchema({ ...options, signal: stopping.signal, onDatabaseReachable }).then(() => {
    if (stopping.signal.aborted) return;
    phase = null;
    parts.deliveries.start();
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

type Phase = Exclude<NotReadyReason, 'database'> | null;

interface Components {
  readonly apps: HttpServers;
  readonly deliveries: Deliveries;
  readonly ownership: Ownership;
  readonly notices: Notifier;
  readonly housekeeping: RetentionJob;
  readonly db: Databases;
  readonly version: string;
}

/** Makes everything and starts nothing. */
async function createComponents(
  { config, connectionString, logger }: ServiceOptions,
  phase: () => Phase,
): Promise<Components> {
  const version = readVersion();
  const clock = systemClock;
  const db = openDatabases({
    connectionString,
    poolSize: config.DATABASE_POOL_SIZE,
    onConnectionError: (error) => logger.warn({ event: 'database.connection_lost', reason: errorSummary(error) }),
  });
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const onAttempt = ({ outcome, durationMs }: AttemptResult) => metrics.onAttempt(outcome, durationMs);
  const { onRescueFailure } = metrics;
  const shared = { config, logger, version, clock };
  const deliveries = createDeliveries({ ...shared, db: db.deliveries, onAttempt, onRescueFailure });
  const notices = createNotifier({ connectionString, senderId: randomUUID(), clock, onNotification: deliveries.nudge });
  const nudge = () => {
    deliveries.nudge();
    notices.notify();
  };
  const recorder = createRecorder({
    db: db.callbacks,
    config,
    slots: deliveries.room,
    onRecorded({ size, hasDueDelivery }) {
      metrics.onBatch(size);
      if (hasDueDelivery) nudge();
    },
  });
  addGauges(registry, { db, clock, webhookHealth: deliveries.health, waitingCallbacks: recorder.queueLength, version });
  const ownership = createOwnership(config, db.callbacks);
  const apps = await buildServers({
    ...shared,
    db,
    recorder,
    ownership,
    metrics,
    registry,
    notReadyReason: phase,
    wakeDispatcher: nudge,
    tls: tlsOf(config),
    newRequestId: randomUUID,
    webhookHealth: deliveries.health,
  });
  const housekeeping = createRetentionJob({ ...createRetention(db.looking, config.RETENTION_DAYS), logger });
  return { apps, deliveries, ownership, notices, housekeeping, db, version };
}

async function closeAll(parts: Components, graceMs: number): Promise<void> {
  // Attempts in flight may take as long as callbacks in flight, and neither waits for the other.
  const { callbacks, status } = parts.apps;
  await Promise.all([callbacks.close(graceMs), status?.close(graceMs), parts.deliveries.stop(graceMs)]);
  await Promise.all([parts.ownership.close(), parts.notices.stop(), parts.housekeeping.stop()]);
  await parts.db.close();
}

function tlsOf(config: Config) {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } = config;
  return cert === null || key === null ? null : readTlsFiles(cert, key);
}
