/**
 * Prunes in the background: one round every five minutes, batch after batch with pauses between, until nothing is left.
 * After an error the next round tries again.
 */
import { setTimeout } from 'node:timers/promises';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { PruneResult, Retention } from './retention.ts';

const ROUND_INTERVAL_MS = 300_000;
/** Longer than a batch takes, so that callbacks and deliveries have the database to themselves meanwhile. */
const PAUSE_MS = 50;

export interface RetentionJob {
  start(): void;
  /** Resolves when the running batch has ended. */
  stop(): Promise<void>;
}

export interface RetentionJobOptions extends Retention {
  readonly logger: Logger;
}

/** Creates the job; `start` starts its rounds. */
export function createRetentionJob(options: RetentionJobOptions): RetentionJob {
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  return {
    start() {
      running ??= run(options, stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function run({ pruneBatch, logger }: RetentionJobOptions, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    let isDone = false;
    try {
      const pruned: PruneResult = await pruneBatch();
      if (pruned.events > 0) logger.info({ event: 'events.forgotten', count: pruned.events });
      if (pruned.orders > 0) logger.info({ event: 'orders.forgotten', count: pruned.orders });
      isDone = !pruned.hasMore;
    } catch (error) {
      logger.warn({ event: 'housekeeping.failed', reason: errorSummary(error) });
      isDone = true;
    }
    await setTimeout(isDone ? ROUND_INTERVAL_MS : PAUSE_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
}
