/**
 * Reconciliation in the running service: a job that one replica does at a time, every RECONCILE_INTERVAL. It asks over
 * connections of its own and reads with the database connections of background work, so callbacks and deliveries do not
 * wait for it.
 */
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { createJob, type Job } from '../db/job.ts';
import type { Provider } from '../db/schema.ts';
import type { Recorder } from '../inbox/recorder.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { createOwnership } from '../ownership/ownership.ts';
import { CLOCK_DIFFERENCE_MS, figuresOf, outcomeOf } from './outcome.ts';
import type { Parts } from './parts.ts';
import { createOwnershipCheck, createReport } from './report.ts';
import { type PartReport, reconcile } from './run.ts';
import type { MissedPayment } from './to-event.ts';

export interface ReconciliationOptions {
  readonly config: Config;
  readonly db: Database;
  readonly recorder: Pick<Recorder, 'record'>;
  /** Called once, if the job runs at all; the parts are closed when it has stopped. */
  createParts(): Parts;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for each event that was stored. */
  onMissed(provider: Provider): void;
}

/** Payments that one run may report; what is beyond comes with the next one. */
export const MAX_MISSED = 500;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Creates the job; null where RECONCILE_INTERVAL is not set. Nothing is asked before it starts. */
export function createReconciliation(options: ReconciliationOptions): Job | null {
  const { config, db, logger } = options;
  const { RECONCILE_INTERVAL: intervalMs } = config;
  if (intervalMs === null) return null;
  const parts = options.createParts();
  const ownership = createOwnership(config, db);
  const job = createJob({
    name: 'reconciliation',
    intervalMs,
    db,
    logger,
    async run(signal) {
      const startedAtMs = options.clock.elapsed();
      const reports = await reconcile({
        ...runSettings(config),
        db,
        clock: options.clock,
        parts: parts.all,
        since: null,
        dryRun: false,
        mayBeOurs: createOwnershipCheck(ownership),
        report: createReport({
          ...reportSettings(config),
          ...loggedReports(options),
          clock: options.clock,
          ownership,
          dryRun: false,
        }),
        signal,
      });
      logRun(reports, { logger, durationMs: options.clock.elapsed() - startedAtMs });
      return outcomeOf(reports);
    },
  });
  return {
    start: job.start,
    async stop() {
      await job.stop();
      await Promise.all([ownership.close(), parts.close()]);
    },
  };
}

/** What the settings say about every run. */
export function runSettings(config: Pick<Config, 'RECONCILE_GRACE_MINUTES'>) {
  return { graceMs: config.RECONCILE_GRACE_MINUTES * MINUTE_MS };
}

/** What the settings say about every report. */
export function reportSettings(config: Pick<Config, 'DEDUPE_WINDOW_DAYS'>) {
  return { dedupeWindowMs: config.DEDUPE_WINDOW_DAYS * DAY_MS, maxMissed: MAX_MISSED };
}

/** One line for each payment; nothing in it is about the customer. */
function loggedReports({ logger, recorder, onMissed }: ReconciliationOptions) {
  return {
    recorder,
    onMissed({ provider, paymentId, missed }: MissedPayment, eventId: string | null) {
      onMissed(provider);
      logger.warn({ event: 'payment.missed', eventId, provider, paymentId, facts: missed.facts.join(',') });
    },
    onFailed({ provider, paymentId }: MissedPayment, reason: string) {
      logger.warn({ event: 'payment.not_reported', provider, paymentId, reason });
    },
  };
}

function logRun(
  reports: readonly PartReport[],
  { logger, durationMs }: { readonly logger: Logger; readonly durationMs: number },
): void {
  const figures = { ...figuresOf(reports), durationMs: Math.round(durationMs) };
  const outcome = outcomeOf(reports);
  if (outcome.outcome === 'failed') {
    logger.error({ event: 'reconciliation.failed', reason: outcome.error, ...figures });
  } else {
    logger[figures.missed + figures.failed > 0 ? 'warn' : 'info']({ event: 'reconciliation.done', ...figures });
  }
  const { clockDifferenceMs } = figures;
  if (clockDifferenceMs === null || Math.abs(clockDifferenceMs) < CLOCK_DIFFERENCE_MS) return;
  logger.warn({
    event: 'reconciliation.clock',
    clockDifferenceMs,
    fix: 'Synchronise the clock of this machine (NTP).',
  });
}
