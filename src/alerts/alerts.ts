/**
 * The alerts of one process: every replica reports when its webhook is down, and the jobs are done by one replica at a
 * time. A look is every minute; the daily checks and the ping are jobs of their own, so that none holds up a look.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { createJob, type Job, type JobOptions } from '../db/job.ts';
import type { JobOutcome } from '../db/leader-lock.ts';
import type { BreakerState } from '../deliveries/circuit-breaker.ts';
import { type Internet, publicInternet } from '../doctor/probe/internet.ts';
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { checkPublicCertificate } from './certificate-check.ts';
import { look } from './look.ts';
import { createOutageReport } from './outage-report.ts';
import { createPing } from './ping.ts';
import { createPosting } from './posting.ts';
import { checkRegistrations } from './registration-check.ts';
import { isHttps } from './rule.ts';

const LOOK_EVERY_MS = 60_000;
const PING_EVERY_MS = 300_000;
const DAY_MS = 86_400_000;
/** What was due while the service was down is being sent meanwhile, so that no alert tells of it. */
const FIRST_LOOK_AFTER_MS = 60_000;

export interface AlertsOptions {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Null: no webhook is configured. */
  readonly breakerState: (() => BreakerState) | null;
  /** Missing: the real one. */
  readonly internet?: Internet;
  readonly firstLookAfterMs?: number;
}

export interface Alerts {
  /** Needs the schema. */
  start(): void;
  /** Resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** What runs in the background, from `start` to `stop`. */
type Part = Pick<Job, 'start' | 'stop'>;

/** Creates them; nothing runs before `start`. */
export function createAlerts(options: AlertsOptions): Alerts {
  const { firstLookAfterMs = FIRST_LOOK_AFTER_MS, breakerState } = options;
  const jobs: readonly Part[] = [looking(options), ...pinging(options), ...checking(options)];
  const reporting: readonly Part[] =
    breakerState === null ? [] : [createOutageReport({ ...options, replica: randomUUID(), breakerState })];
  const stopping = new AbortController();
  let starting: Promise<void> | null = null;
  async function startLater(): Promise<void> {
    await setTimeout(firstLookAfterMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    if (!stopping.signal.aborted) for (const job of jobs) job.start();
  }
  return {
    start() {
      if (starting !== null) return;
      for (const report of reporting) report.start();
      starting = startLater();
    },
    async stop() {
      stopping.abort();
      await starting;
      await Promise.all([...reporting, ...jobs].map((part) => part.stop()));
    },
  };
}

/** The looks, and the posts that they make due. Posting runs beside them: it may take a minute, or more. */
function looking({ config, db, clock, logger }: AlertsOptions): Part {
  const posting = createPosting({ config, db, clock, logger });
  const settings = config;
  async function run(signal: AbortSignal): Promise<JobOutcome> {
    const ended = await look({ db, settings, posts: posting !== null, logger, newId: randomUUID }, signal);
    posting?.wake();
    return ended;
  }
  const options: JobOptions = {
    name: 'alerts',
    intervalMs: LOOK_EVERY_MS,
    db,
    logger,
    run: logged('alerts', run, logger),
  };
  return closing(createJob(options), async () => posting?.stop());
}

function pinging({ config, db, logger }: AlertsOptions): readonly Part[] {
  if (config.ALERT_PING_URL === null) return [];
  const ping = createPing({ db, url: config.ALERT_PING_URL, proxies: config });
  const run = logged('alert_ping', ping.run, logger);
  const job = createJob({ name: 'alert_ping', intervalMs: PING_EVERY_MS, db, logger, run });
  return [closing(job, ping.close)];
}

function checking({ config, db, clock, logger, internet = publicInternet() }: AlertsOptions): readonly Part[] {
  const daily = (name: JobOptions['name'], run: JobOptions['run']) =>
    createJob({ name, intervalMs: DAY_MS, db, logger, run: logged(name, run, logger) });
  const hasAccount = config.RESURS_USERNAME !== null && config.PUBLIC_URL !== null;
  const registrations = daily('registration_check', (signal) => checkRegistrations({ config, db, clock }, signal));
  const certificate = daily('certificate_check', (signal) =>
    checkPublicCertificate({ config, clock, internet }, signal),
  );
  return [...(hasAccount ? [registrations] : []), ...(isHttps(config.PUBLIC_URL) ? [certificate] : [])];
}

/** Nothing else tells that a check could not be made. */
function logged(job: JobOptions['name'], run: JobOptions['run'], logger: Logger): JobOptions['run'] {
  return async (signal) => {
    const ended = await run(signal).catch((error: unknown): JobOutcome => {
      if (signal.aborted) throw error;
      return { outcome: 'failed', error: errorSummary(error), result: null };
    });
    if (ended.outcome === 'failed') logger.warn({ event: 'alert.check_failed', job, reason: ended.error });
    return ended;
  };
}

/** Adds to the end of a job what has to be closed after it. */
function closing(job: Job, close: () => Promise<unknown>): Part {
  return {
    start: () => job.start(),
    async stop() {
      await job.stop();
      await close();
    },
  };
}
