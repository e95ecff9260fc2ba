/**
 * Replays of many deliveries, in the background of the service: started at once by a wake-up, and found at the start of
 * a process, or some seconds after the replica that did them has gone. One replica does them at a time.
 */
import type { Database } from '../db/client.ts';
import { type JobTimes, runAsLeader } from '../db/job.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { createWaker } from '../lib/waker.ts';
import { findRunning } from './replay-position.ts';
import { runReplays } from './run-replays.ts';

/** The lease is short: a person waits for what a replica that died has left. */
export const REPLAY_TIMES: JobTimes = { leaseMs: 15_000, renewEveryMs: 4_000, lookEveryMs: 5_000 };
/** While another replica does them, one that comes when it is just about to end is not left lying. */
const LOOK_SOON_MS = 1_000;

export interface Replays {
  start(): void;
  /** There is a new one. */
  wake(): void;
  /** Resolves when the step that runs has ended. */
  stop(): Promise<void>;
}

export interface ReplaysOptions {
  readonly db: Database;
  readonly logger: Logger;
  /** Called when deliveries are due again. */
  wakeDispatchers(): void;
}

/** Creates it; `start` looks for what an earlier process has left. */
export function createReplays(options: ReplaysOptions): Replays {
  const stopping = new AbortController();
  const waker = createWaker();
  let running: Promise<void> | null = null;

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) await waker.wait(await lookOnce(options, stopping.signal));
  }
  return {
    start() {
      running ??= loop();
    },
    wake: waker.wake,
    async stop() {
      stopping.abort(new Error('the process stops'));
      waker.wake();
      await running;
    },
  };
}

/** Does what there is to do. Resolves with the milliseconds after which to look again; never rejects. */
async function lookOnce({ db, logger, wakeDispatchers }: ReplaysOptions, stopping: AbortSignal): Promise<number> {
  const { lookEveryMs } = REPLAY_TIMES;
  try {
    if ((await findRunning(db, stopping)).length === 0) return lookEveryMs;
    const run = (signal: AbortSignal) => runReplays(db, { signal, onReplayed: wakeDispatchers });
    const ended = await runAsLeader({ name: 'replays', db, run, times: REPLAY_TIMES }, 0, stopping);
    switch (ended.outcome) {
      case 'not_due':
        return LOOK_SOON_MS;
      case 'failed':
        if (!stopping.aborted) logger.warn({ event: 'job.not_run', job: 'replays', reason: ended.error });
        return lookEveryMs;
      case 'succeeded':
        return lookEveryMs;
    }
  } catch (error) {
    if (!stopping.aborted) logger.warn({ event: 'job.not_run', job: 'replays', reason: errorSummary(error) });
    return lookEveryMs;
  }
}
