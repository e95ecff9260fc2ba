/**
 * The running service: starts and stops database, deliveries, inbox and HTTP servers in order.
 *
 * It listens before the database is available, so that a callback gets a 503 instead of no response, and accepts no
 * callback before the schema is current. It stops in reverse order: first it accepts nothing new, then work in flight
 * finishes, then the connections are closed.
 */
import type { NotReady } from './app.ts';
import { type Components, type ComponentsOptions, createComponents } from './components.ts';
import type { DatabaseUrl } from './config/rereadable-url.ts';
import { ensureSchema } from './db/ensure-schema.ts';
import { type ListenUrls, listen, watchCertificate } from './http/listen.ts';

export interface ServiceOptions extends ComponentsOptions {
  /** Replaces MIGRATION_DATABASE_URL, which may have come from a file. */
  readonly migrationUrl?: DatabaseUrl | null;
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
    startAll(components);
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

/** Starts what runs by itself; the schema must be current. */
function startAll({ deliveries, notifier, secretUsage, background }: Components): void {
  deliveries.start();
  notifier.start();
  secretUsage.start();
  background.start();
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
