/**
 * The parts of the running service, created and connected in one place. Each part gets what it needs of the others here;
 * service.ts decides when they start and stop.
 */
import { randomUUID } from 'node:crypto';
import { Registry } from '@prometheus-io/client';
import { createMapiAccount, type MapiAccount } from './accounts/mapi-account.ts';
import { buildServers, type NotReady } from './app.ts';
import { type Background, createBackground } from './background/background.ts';
import type { Notifier } from './db/notifier.ts';
import type { Databases } from './db/pools.ts';
import { createServiceNotifier, openServiceDatabases, type ServiceDatabaseOptions } from './db/service-databases.ts';
import { createDeliveries, type Deliveries } from './deliveries/deliveries.ts';
import type { HttpServers } from './http/server.ts';
import { tlsFilesOf } from './http/tls.ts';
import { createInbox } from './inbox/inbox.ts';
import { systemClock } from './lib/clock.ts';
import { readVersion } from './lib/version.ts';
import { createCounts } from './operators/counts.ts';
import { createOwnership, type Ownership } from './ownership/ownership.ts';
import { createSecretUsage, type SecretUsage } from './registrations/secret-usage.ts';
import { createSnapshotReader, type SnapshotReader } from './snapshots/reader.ts';
import { addGauges } from './status/gauges.ts';
import { createMetrics } from './status/metrics.ts';

export interface ComponentsOptions extends ServiceDatabaseOptions {
  /** Number of log lines that were lost, for the metrics; missing where the log cannot lose any. */
  readonly droppedLogLines?: () => number;
  /** The commit of this program; missing or null where it is unknown. */
  readonly revision?: string | null;
}

/** Everything that is started or stopped. */
export interface Components {
  readonly servers: HttpServers;
  readonly deliveries: Deliveries;
  readonly notifier: Notifier;
  readonly secretUsage: SecretUsage;
  readonly background: Background;
  readonly ownership: Ownership;
  readonly snapshots: SnapshotReader | null;
  readonly mapiAccount: MapiAccount | null;
  readonly db: Databases;
  readonly version: string;
}

/** Creates everything and starts nothing. Throws if a TLS file is unreadable. */
export async function createComponents(
  options: ComponentsOptions,
  notReadyReason: () => NotReady,
): Promise<Components> {
  // A circle: the pools use the notifier's connection, the notifier wakes the deliveries, and those use a pool.
  const control: { notifier: Notifier | null } = { notifier: null };
  const shared = createShared(options, () => control.notifier);
  const delivering = createDelivering(options, shared);
  control.notifier = delivering.notifier;
  const { config, db, metrics, counts } = shared;
  const { deliveries, wakeDispatchers } = delivering;
  const webhookHealth = deliveries.breakerState;
  const inbox = createInbox({
    config,
    db: db.callbacks,
    slots: deliveries.slots,
    onBatch: metrics.onBatch,
    onEvent: counts.onEvent,
    wakeDispatchers,
  });
  const ownership = createOwnership(config, db.callbacks);
  addGauges(shared.registry, {
    ...shared,
    webhookHealth,
    waitingCallbacks: inbox.recorder.queueLength,
    droppedLogLines: options.droppedLogLines ?? (() => 0),
    hasHeartbeat: config.HEARTBEAT_INTERVAL !== null,
  });
  const background = createBackground({
    ...shared,
    db: db.background,
    recorder: inbox.recorder,
    webhookHealth,
    onMissed: metrics.onMissed,
    wakeDispatchers,
  });
  const servers = await buildServers({
    ...shared,
    ...inbox,
    ownership,
    revision: options.revision ?? null,
    tls: tlsFilesOf(config),
    newRequestId: randomUUID,
    countCallback: counts.onCallback,
    notReadyReason,
    webhookHealth,
    probeWebhook: deliveries.probeNow,
    wakeDispatchers,
    wakeReplays: background.wakeReplays,
  });
  return { ...shared, ...delivering, ownership, background, servers };
}

type Shared = ReturnType<typeof createShared>;

/** Creates what several parts use. */
function createShared(options: ComponentsOptions, notifier: () => Notifier | null) {
  const { config, logger } = options;
  const clock = systemClock;
  const db = openServiceDatabases(options, notifier);
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const mapiAccount = createMapiAccount(config, clock);
  return {
    config,
    logger,
    clock,
    version: readVersion(),
    db,
    registry,
    metrics,
    counts: createCounts(clock),
    secretUsage: createSecretUsage({ config, db: db.background, clock, logger }),
    mapiAccount,
    snapshots: createSnapshotReader({ ...metrics, config, mapiAccount, clock, logger }),
  };
}

/** Creates the deliveries and the notifier, and a function that wakes the dispatchers of this and the other replicas. */
function createDelivering(options: ComponentsOptions, shared: Shared) {
  const { config, logger, clock, version, db, metrics, counts, secretUsage, snapshots } = shared;
  const deliveries = createDeliveries({
    config,
    logger,
    clock,
    version,
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
  const notifier = createServiceNotifier(options, deliveries.wake);
  const wakeDispatchers = () => {
    deliveries.wake();
    notifier.notify();
  };
  return { deliveries, notifier, wakeDispatchers };
}
