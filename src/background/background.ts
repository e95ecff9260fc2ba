/**
 * What the service does beside callbacks and deliveries, all of it in the background: retention, statistics,
 * reconciliation, the heartbeat, the alerts and replays of many. It has database connections and outgoing connections of
 * its own, so callbacks and deliveries never wait for it.
 */
import { type Alerts, createAlerts } from '../alerts/alerts.ts';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { Provider } from '../db/schema.ts';
import type { BreakerState } from '../deliveries/circuit-breaker.ts';
import { createRetention } from '../events/retention.ts';
import { createRetentionJob } from '../events/retention-job.ts';
import { createHeartbeat } from '../heartbeat/heartbeat.ts';
import type { Recorder } from '../inbox/recorder.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { createCountWriter } from '../operators/count-writer.ts';
import type { Counts } from '../operators/counts.ts';
import { createReplays } from '../operators/replays.ts';
import { createParts } from '../reconciliation/parts.ts';
import { createReconciliation } from '../reconciliation/reconciliation.ts';

export interface BackgroundOptions {
  readonly config: Config;
  readonly db: Database;
  /** Stores what reconciliation finds. */
  readonly recorder: Recorder;
  /** State of the circuit breaker; null when no webhook is configured. */
  readonly webhookHealth: (() => BreakerState) | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What callbacks and deliveries count. */
  readonly counts: Pick<Counts, 'take'>;
  /** Called for each event of reconciliation. */
  onMissed(provider: Provider): void;
  /** Called when deliveries are due again. */
  wakeDispatchers(): void;
}

export interface Background {
  start(): void;
  /** A replay of many was started. */
  wakeReplays(): void;
  /** Ends what asks Resurs; resolves when it has ended. To be called while callbacks in flight finish. */
  stopAsking(): Promise<void>;
  /** Ends the rest. */
  stop(): Promise<void>;
}

/** Creates all of it; nothing runs before `start`. */
export function createBackground(options: BackgroundOptions): Background {
  const { config, db, recorder, webhookHealth, clock, logger, counts, onMissed, wakeDispatchers } = options;
  const retention = createRetentionJob({ ...createRetention(db, config.RETENTION_DAYS), logger });
  const countWriter = createCountWriter({ counts, db, retentionDays: config.RETENTION_DAYS, logger });
  // Null where no interval is set.
  const heartbeat = createHeartbeat({ config, db, clock, logger });
  const parts = () => createParts(config, clock);
  const reconciliation = createReconciliation({ config, db, recorder, createParts: parts, clock, logger, onMissed });
  const alerts: Alerts = createAlerts({ config, db, clock, logger, breakerState: webhookHealth });
  const replays = createReplays({ db, logger, wakeDispatchers });
  return {
    start() {
      retention.start();
      countWriter.start();
      heartbeat?.start();
      reconciliation?.start();
      alerts.start();
      replays.start();
    },
    wakeReplays: replays.wake,
    async stopAsking() {
      await Promise.all([heartbeat?.stop(), reconciliation?.stop()]);
    },
    async stop() {
      await Promise.all([retention.stop(), alerts.stop(), countWriter.stop(), replays.stop()]);
    },
  };
}
