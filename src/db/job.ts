/**
 * Runs one thing again and again, in one replica at a time: every replica tries to take the job when it is due
 * (leader-lock.ts), and the one that gets it runs it. Its lease is renewed meanwhile; a run whose lease was lost is
 * aborted. An error of a run is a failed run, and never ends the process.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { Database } from './client.ts';
import { finishJob, type JobName, type JobOutcome, releaseJob, renewJob, takeJob } from './leader-lock.ts';

export interface JobOptions {
  readonly name: JobName;
  /** Between the beginnings of two runs. */
  readonly intervalMs: number;
  readonly db: Database;
  readonly logger: Logger;
  /** Instead of the usual times. */
  readonly times?: JobTimes;
  /** Does it once. `signal` fires when the process stops, or when another replica may have taken over. */
  run(signal: AbortSignal): Promise<JobOutcome>;
}

export interface JobTimes {
  /** Several times as long as the database may be away without a run being aborted. */
  readonly leaseMs: number;
  readonly renewEveryMs: number;
  /** A replica that lost the database tries again after this; also how late the run of a replica that died may begin. */
  readonly lookEveryMs: number;
}

export interface Job {
  start(): void;
  /** Aborts a run, and resolves when it has ended. */
  stop(): Promise<void>;
}

const USUAL_TIMES: JobTimes = { leaseMs: 30_000, renewEveryMs: 10_000, lookEveryMs: 10_000 };

/** Creates the job; `start` starts looking whether it is due. */
export function createJob(options: JobOptions): Job {
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  return {
    start() {
      running ??= loop(options, stopping.signal);
    },
    async stop() {
      stopping.abort(new Error('the process stops'));
      await running;
    },
  };
}

async function loop(options: JobOptions, stopping: AbortSignal): Promise<void> {
  const { lookEveryMs } = options.times ?? USUAL_TIMES;
  while (!stopping.aborted) {
    const waitMs = await runIfDue(options, stopping);
    // Never less than a moment, so that clocks that differ a little do not make it try again at once.
    const pauseMs = Math.min(Math.max(waitMs, 50), lookEveryMs);
    await setTimeout(pauseMs, undefined, { signal: stopping, ref: false }).catch(() => undefined);
  }
}

async function runIfDue(options: JobOptions, stopping: AbortSignal): Promise<number> {
  const { name, intervalMs, logger } = options;
  try {
    const ended = await runAsLeader(options, intervalMs, stopping);
    return ended.outcome === 'not_due' ? ended.waitMs : 0;
  } catch (error) {
    if (!stopping.aborted) logger.warn({ event: 'job.not_run', job: name, reason: errorSummary(error) });
    return Number.POSITIVE_INFINITY;
  }
}

export type LeaderRun = JobOutcome | { readonly outcome: 'not_due'; readonly waitMs: number };

/**
 * Takes the job, runs it and keeps how it ended. `intervalMs` 0: it is due at once, unless another replica does it now.
 * Rejects when the database fails before the run or after it.
 */
export async function runAsLeader(
  { name, db, run, times = USUAL_TIMES }: Omit<JobOptions, 'intervalMs' | 'logger'>,
  intervalMs: number,
  stopping: AbortSignal,
): Promise<LeaderRun> {
  const holder = randomUUID();
  const { leaseMs } = times;
  const taken = await takeJob(db, { name, holder, leaseMs, intervalMs }, stopping);
  if (taken.outcome === 'not_due') return taken;
  const lost = new AbortController();
  const renewing = keepLease({ name, holder, db, times }, lost);
  let ended: JobOutcome;
  try {
    ended = await run(AbortSignal.any([stopping, lost.signal]));
  } catch (error) {
    ended = { outcome: 'failed', error: errorSummary(error), result: null };
  } finally {
    renewing.end();
  }
  await renewing.ended;
  if (stopping.aborted && ended.outcome === 'failed') await releaseJob(db, { name, holder });
  else await finishJob(db, { name, holder }, ended);
  return ended;
}

/** Renews the lease until `end` is called; aborts `lost` when that fails for as long as the lease is. */
function keepLease(
  { name, holder, db, times }: Pick<JobOptions, 'name' | 'db'> & { readonly holder: string; readonly times: JobTimes },
  lost: AbortController,
) {
  const ending = new AbortController();
  const { leaseMs, renewEveryMs } = times;
  async function renew(): Promise<void> {
    let renewedAtMs = performance.now();
    for (;;) {
      await setTimeout(renewEveryMs, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
      if (ending.signal.aborted) return;
      const isHeld = await renewJob(db, { name, holder, leaseMs }).catch(() => null);
      if (isHeld === true) renewedAtMs = performance.now();
      if (isHeld === false || performance.now() - renewedAtMs >= leaseMs) {
        lost.abort(new Error('another replica may have taken over'));
        return;
      }
    }
  }
  return { end: () => ending.abort(), ended: renew() };
}
