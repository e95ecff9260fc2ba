/**
 * Removes in the background what is past its time: a round every few minutes, batch after batch with pauses between,
 * until nothing is left. What fails is tried again with the next round.
 */
import { setTimeout } from 'node:timers/promises';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { Removed, Retention } from './retention.ts';

const ROUND_INTERVAL_MS = 300_000;
/** Callbacks and deliveries have the database to themselves for longer than a batch takes. */
const PAUSE_MS = 50;

export interface RetentionJob {
  start(): void;
  /** Resolves when the batch under way has ended. */
  stop(): Promise<void>;
}

export interface HousekeepingOptions extends Retention {
  readonly logger: Logger;
}

export function createRetentionJob(options: HousekeepingOptions): RetentionJob {
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

async function run({ removeBatch, logger }: HousekeepingOptions, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    let isDone = false;
    try {
      const removed: Removed = await removeBatch();
      if (removed.events > 0) logger.info({ event: 'events.forgotten', count: removed.events });
      if (removed.orders > 0) logger.info({ event: 'orders.forgotten', count: removed.orders });
      isDone = !removed.isThereMore;
    } catch (error) {
      logger.warn({ event: 'housekeeping.failed', reason: errorSummary(error) });
      isDone = true;
    }
    await setTimeout(isDone ? ROUND_INTERVAL_MS : PAUSE_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
}
