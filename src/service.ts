/**
 * The running service: creates, starts and stops database, deliveries, inbox and HTTP servers in order.
 *
 * It listens before the database is available, so that a callback gets a 503 instead of no response, and accepts no
 * callback before the schema is current. It stops in reverse order: first it accepts nothing new, then work in flight
 * finishes, then the connections are closed.
 */
import { randomUUID } from 'node:crypto';
import { Registry } from '@prometheus-io/client';
import { createMapiAccount, type MapiAccount } from './accounts/mapi-account.ts';
import { buildServers, type NotReady } from './app.ts';
import { type Background, createBackground } from './background/background.ts';
import type { DatabaseUrl } from './config/rereadable-url.ts';
import type { Config } from './config/settings.ts';
import { ensureSchema } from './db/ensure-schema.ts';
import { createNotifier, type Notifier } from './db/notifier.ts';
import type { Databases } from './db/pools.ts';
import { openServiceDatabases, warnOfPooler } from './db/service-databases.ts';
import { createDeliveries, type Deliveries } from './deliveries/deliveries.ts';
import { type ListenUrls, listen, watchCertificate } from './http/listen.ts';
import type { HttpServers } from './http/server.ts';
import { tlsFilesOf } from './http/tls.ts';
import { createInbox } from './inbox/inbox.ts';
import { systemClock } from './lib/clock.ts';
import type { Logger } from './lib/logger.ts';
import { readVersion } from './lib/version.ts';
import { type Counts, createCounts } from './operators/counts.ts';
import { createOwnership, type Ownership } from './ownership/ownership.ts';
import { createSecretUsage, type SecretUsage } from './registrations/secret-usage.ts';
import { createSnapshotReader, type SnapshotReader } from './snapshots/reader.ts';
import { addGauges } from './status/gauges.ts';
import { createMetrics, type Metrics } from './status/metrics.ts';

export interface ServiceOptions {
  readonly config: Config;
  /** URL of the database: DATABASE_URL, or that of the embedded Postgres. */
  readonly connectionString: DatabaseUrl;
  /** Replaces DATABASE_DIRECT_URL, which may have come from a file. */
  readonly directUrl?: DatabaseUrl | null;
  /** Replaces MIGRATION_DATABASE_URL, which may have come from a file. */
  readonly migrationUrl?: DatabaseUrl | null;
  readonly logger: Logger;
  /** Number of log lines that were lost, for the metrics; missing where the log cannot lose any. */
  readonly droppedLogLines?: () => number;
  /** The commit of this program; missing or null where it is unknown. */
  readonly revision?: string | null;
}

export interface Service {
  readonly urls: ListenUrls;
  /** Resolves when callbacks are accepted; rejects if the schema cannot be made current. */
  readonly ready: Promise<void>;
  /** Stops everything, within a little more than SHUTDOWN_TIMEOUT_MS. A second call returns the same promise. */
  stop(): Promise<void>;
}

/**
 * Starts listening and begins startup (see `Service.ready`). Throws if a port is in use or a TLS file is unreadable.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, logger, revision = null } = options;
  const stopping = new AbortController();
  let notReady: NotReady = 'starting';
  const components = await createComponents(options, () => notReady);
  const urls = await listen(components.servers, config).catch(async (error: unknown) => {
    await closeAll(components, 0);
    throw error;
  });
  logger.info({ event: 'service.listening', ...urls, version: components.version, revision });
  const endWatch = watchCertificate(components.servers, config, logger);

  const onDatabaseReachable = () => {
    notReady = stopping.signal.aborted ? 'stopping' : 'migrations';
  };
  const ready = ensureSchema({ ...options, signal: stopping.signal, onDatabaseReachable }).then(() => {
    if (stopping.signal.aborted) return;
    notReady = null;
    components.deliveries.start();
    components.notifier.start();
    components.secretUsage.start();
    components.background.start();
    logger.info({ event: 'service.ready' });
  });

  async function stop(): Promise<void> {
    notReady = 'stopping';
    stopping.abort();
    endWatch();
    await closeAll(components, config.SHUTDOWN_TIMEOUT_MS);
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

interface Components {
  readonly servers: HttpServers;
  readonly deliveries: Deliveries;
  readonly ownership: Ownership;
  readonly mapiAccount: MapiAccount | null;
  readonly snapshots: SnapshotReader | null;
  readonly notifier: Notifier;
  readonly secretUsage: SecretUsage;
  readonly background: Background;
  readonly db: Databases;
  readonly metrics: Metrics;
  readonly counts: Counts;
  readonly version: string;
}

/** Creates everything and starts nothing. */
async function createComponents(options: ServiceOptions, notReadyReason: () => NotReady): Promise<Components> {
  const { config, logger } = options;
  const version = readVersion();
  const clock = systemClock;
  // The pools ask the notifier's connection, which deliveries need to be created.
  const control: { notifier: Notifier | null } = { notifier: null };
  const db = openServiceDatabases(options, () => control.notifier);
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const counts = createCounts(clock);
  const secretUsage = createSecretUsage({ config, db: db.background, clock, logger });
  const mapiAccount = createMapiAccount(config, clock);
  const snapshots = createSnapshotReader({ ...metrics, config, mapiAccount, clock, logger });
  const delivering = createDelivering(options, { db, metrics, counts, version, secretUsage, snapshots });
  const { deliveries, notifier, wakeDispatchers } = delivering;
  control.notifier = notifier;
  const inbox = createInbox({
    config,
    db: db.callbacks,
    slots: deliveries.slots,
    onBatch: metrics.onBatch,
    onEvent: counts.onEvent,
    wakeDispatchers,
  });
  const ownership = createOwnership(config, db.callbacks);
  const webhookHealth = deliveries.breakerState;
  addGauges(registry, {
    db,
    clock,
    webhookHealth,
    waitingCallbacks: inbox.recorder.queueLength,
    droppedLogLines: options.droppedLogLines ?? (() => 0),
    hasHeartbeat: config.HEARTBEAT_INTERVAL !== null,
    version,
  });
  const background = createBackground({
    config,
    db: db.background,
    recorder: inbox.recorder,
    webhookHealth,
    clock,
    logger,
    counts,
    onMissed: metrics.onMissed,
    wakeDispatchers,
  });
  const servers = await buildServers({
    config,
    db,
    ...inbox,
    ownership,
    mapiAccount,
    clock,
    logger,
    version,
    revision: options.revision ?? null,
    tls: tlsFilesOf(config),
    newRequestId: randomUUID,
    metrics,
    countCallback: counts.onCallback,
    registry,
    notReadyReason,
    webhookHealth,
    probeWebhook: deliveries.probeNow,
    wakeDispatcher: wakeDispatchers,
    wakeReplays: background.wakeReplays,
    secretUsage,
  });
  const asking = { ownership, mapiAccount, snapshots, secretUsage, background };
  return { ...delivering, ...asking, servers, db, metrics, counts, version };
}

/** Creates the deliveries and the notifier, and a function that wakes the dispatchers of this and the other replicas. */
function createDelivering(
  { config, connectionString, directUrl, logger }: ServiceOptions,
  parts: Pick<Components, 'db' | 'metrics' | 'counts' | 'version' | 'secretUsage' | 'snapshots'>,
) {
  const { db, metrics, counts, version, secretUsage, snapshots } = parts;
  const deliveries = createDeliveries({
    config,
    logger,
    version,
    clock: systemClock,
    db: db.deliveries,
    snapshots,
    onAttempt: ({ outcome, durationMs }) => {
      metrics.onAttempt(outcome, durationMs);
      // Each request carries the signatures of both.
      secretUsage.used('WEBHOOK_SECRET');
      if (config.WEBHOOK_SECRET_PREVIOUS !== null) secretUsage.used('WEBHOOK_SECRET_PREVIOUS');
    },
    onSettled: counts.onSettled,
    onRescueFailure: metrics.onRescueFailure,
  });
  const notifier = createNotifier({
    connectionString: directUrl ?? config.DATABASE_DIRECT_URL ?? connectionString,
    senderId: randomUUID(),
    clock: systemClock,
    onNotification: deliveries.wake,
    onTransactionPooler: () => warnOfPooler(config, logger),
  });
  const wakeDispatchers = () => {
    deliveries.wake();
    notifier.notify();
  };
  return { deliveries, notifier, wakeDispatchers };
}

async function closeAll(components: Components, graceMs: number): Promise<void> {
  // Attempts in flight may take as long as callbacks in flight, and neither waits for the other.
  const { callbacks, status } = components.servers;
  await Promise.all([
    callbacks.close(graceMs),
    status?.close(graceMs),
    components.deliveries.stop(graceMs),
    components.background.stopAsking(),
  ]);
  await Promise.all([
    components.ownership.close(),
    components.snapshots?.close(),
    components.mapiAccount?.close(),
    components.notifier.stop(),
    components.background.stop(),
  ]);
  await components.secretUsage.stop();
  await components.db.close();
}
