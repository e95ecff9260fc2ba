/**
 * The heartbeat: every HEARTBEAT_INTERVAL one replica asks Resurs for a test callback and waits until it is stored. Only
 * that proves the whole way while no customer pays: registration, name, certificate, proxy, salt and database. Where both
 * interfaces are set, both are asked, and a run has failed as soon as one of them did not arrive.
 */
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { createJob, type Job } from '../db/job.ts';
import { type JobOutcome, readJobs } from '../db/leader-lock.ts';
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { type Answer, createInterfaces, type Interface } from './ask.ts';
import { type Beat, type Beats, readBeats } from './result.ts';

export interface HeartbeatOptions {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Replaces the time for which an arrival is waited for. */
  readonly waitMs?: number;
}

/** A first try that fails is repeated after 30 s. */
const WAIT_MS = 60_000;
const NAMES = { 'resurs-ecom': 'eCom', 'resurs-mapi': 'Merchant API' } as const;

/** Creates the heartbeat; null when HEARTBEAT_INTERVAL is not set. Opens no connection before it is started. */
export function createHeartbeat({ waitMs = WAIT_MS, ...options }: HeartbeatOptions): Job | null {
  const { HEARTBEAT_INTERVAL: intervalMs } = options.config;
  if (intervalMs === null) return null;
  const interfaces = createInterfaces({ ...options, waitMs });
  const run = (signal: AbortSignal) => beat(interfaces, options, signal);
  const job = createJob({ ...options, name: 'heartbeat', intervalMs, run });
  return {
    start: job.start,
    async stop() {
      await job.stop();
      await Promise.all(interfaces.map((one) => one.close()));
    },
  };
}

async function beat(
  interfaces: readonly Interface[],
  options: Pick<HeartbeatOptions, 'db' | 'clock' | 'logger'>,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const before = readBeats((await readJobs(options.db)).get('heartbeat')?.result ?? null);
  const beats = await Promise.all(
    interfaces.map(async (one) => [one.provider, await beatOf(one, before[one.provider], options, signal)] as const),
  );
  const result: Beats = Object.fromEntries(beats);
  const errors = beats.flatMap(([provider, { error }]) => (error === null ? [] : [`${NAMES[provider]}: ${error}`]));
  return errors.length === 0
    ? { outcome: 'succeeded', result }
    : { outcome: 'failed', error: errors.join(' '), result };
}

async function beatOf(
  one: Interface,
  before: Beat | undefined,
  { clock, logger }: Pick<HeartbeatOptions, 'clock' | 'logger'>,
  signal: AbortSignal,
): Promise<Beat> {
  const { provider } = one;
  const askedAt = new Date(clock.now());
  const answer = await askSafely(one, signal);
  switch (answer.outcome) {
    case 'arrived': {
      const { arrivedAt, roundTripMs } = answer;
      logger.info({ event: 'heartbeat.arrived', provider, roundTripMs });
      return { askedAt, arrivedAt, roundTripMs, error: null };
    }
    case 'failed': {
      logger.warn({ event: 'heartbeat.failed', provider, reason: answer.error });
      return {
        askedAt,
        arrivedAt: before?.arrivedAt ?? null,
        roundTripMs: before?.roundTripMs ?? null,
        error: answer.error,
      };
    }
  }
}

/** Throws only when `signal` ends it: the other interface is asked whatever happens to this one. */
async function askSafely(one: Interface, signal: AbortSignal): Promise<Answer> {
  try {
    return await one.ask(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return { outcome: 'failed', error: `It is not known whether it arrived: ${errorSummary(error)}` };
  }
}
