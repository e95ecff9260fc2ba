/**
 * Runs the service without group commit: every callback is a statement and a commit of its own, as many at once as the
 * pool has connections. Routes, checks, tables, locks and log lines are the same; only the waiting differs.
 */
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { Registry } from '@prometheus-io/client';
import { buildServers } from '../../src/app.ts';
import { retryOnConflict } from '../../src/db/batcher.ts';
import type { Database } from '../../src/db/client.ts';
import { openDatabases } from '../../src/db/pools.ts';
import { recordBatch } from '../../src/inbox/record.ts';
import type { Recorder } from '../../src/inbox/recorder.ts';
import { createStoreHealth } from '../../src/inbox/store-health.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createOwnership } from '../../src/ownership/ownership.ts';
import { createSecretUsage } from '../../src/registrations/secret-usage.ts';
import { createMetrics, type Metrics } from '../../src/status/metrics.ts';
import { runVariant } from './variant.ts';

await runVariant(async ({ config, logger }) => {
  const db = openDatabases({
    connectionString: config.DATABASE_URL ?? '',
    poolSize: config.DATABASE_POOL_SIZE,
    onConnectionError: (error) => logger.warn({ event: 'database.connection_lost', reason: error.message }),
  });
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const ownership = createOwnership(config, db.callbacks);
  const { callbacks } = await buildServers({
    config,
    db,
    recorder: createOneByOne(db.callbacks, config.MAX_EVENTS_PER_PAYMENT, metrics),
    storeHealth: createStoreHealth(),
    ownership,
    mapiAccount: null,
    metrics,
    countCallback: () => undefined,
    registry,
    clock: systemClock,
    logger,
    version: '0',
    revision: null,
    notReadyReason: () => null,
    wakeDispatchers: () => undefined,
    wakeReplays: () => undefined,
    tls: null,
    newRequestId: randomUUID,
    webhookHealth: null,
    probeWebhook: async () => false,
    secretUsage: createSecretUsage({ config, db: db.background, clock: systemClock, logger }),
  });
  await callbacks.app.listen({ host: config.HOST, port: config.PORT });
  return {
    async close() {
      await callbacks.close(0);
      await ownership.close();
      await db.close();
    },
  };
});

function createOneByOne(db: Database, maxEventsPerPayment: number, metrics: Metrics): Recorder {
  let waiting = 0;
  return {
    queueLength: () => waiting,
    async record(event, { deliver, timeoutMs }) {
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), timeoutMs);
      const candidate = { id: randomUUIDv7(), event, deliver, receipts: 1 };
      waiting += 1;
      try {
        const claims = { max: 0, token: randomUUID(), leaseMs: 0 };
        const batch = await retryOnConflict(() =>
          recordBatch(db, [candidate], { maxEventsPerPayment, signal: late.signal, claims }),
        );
        const [stored] = batch.results;
        if (stored === undefined) throw new Error('the statement returned no result for its callback');
        metrics.onBatch(1);
        return stored;
      } finally {
        clearTimeout(timer);
        waiting -= 1;
      }
    },
  };
}
