/**
 * Writes the uses of secrets and the refused digests to the database, once a minute and at the end, so that they
 * survive a restart. Callbacks never wait for it. After an error the next round writes what is missing.
 */
import { setTimeout } from 'node:timers/promises';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { DigestRefusals } from './digest-refusals.ts';
import type { SecretUses } from './secret-uses.ts';

const ROUND_INTERVAL_MS = 60_000;
/** For the last round: a stop must not wait for a database that does not respond. */
const LAST_ROUND_TIMEOUT_MS = 1_000;

export interface UsageJob {
  start(): void;
  /** Resolves when the last round has ended. */
  stop(): Promise<void>;
}

export interface UsageJobOptions {
  readonly uses: SecretUses;
  readonly refusals: DigestRefusals;
  readonly logger: Logger;
  /** Whether a previous secret is set: from the start on it is known that it was not used. */
  readonly hasPrevious: boolean;
}

/** Creates the job; `start` starts its rounds. */
export function createUsageJob(options: UsageJobOptions): UsageJob {
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  return {
    start() {
      running ??= run(options, stopping.signal);
    },
    async stop() {
      stopping.abort();
      if (running === null) return;
      await running;
      await flush(options, 'used', AbortSignal.timeout(LAST_ROUND_TIMEOUT_MS));
    },
  };
}

async function run(options: UsageJobOptions, stopping: AbortSignal): Promise<void> {
  let scope: 'all' | 'used' = 'all';
  if (options.hasPrevious && (await flush(options, scope))) scope = 'used';
  while (!stopping.aborted) {
    await setTimeout(ROUND_INTERVAL_MS, undefined, { signal: stopping, ref: false }).catch(() => undefined);
    if (!stopping.aborted && (await flush(options, scope))) scope = 'used';
  }
}

/** Returns whether everything is written. */
async function flush(
  { uses, refusals, logger }: UsageJobOptions,
  scope: 'all' | 'used',
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await refusals.flush(signal);
    await uses.flush(scope, signal);
    return true;
  } catch (error) {
    logger.warn({ event: 'housekeeping.failed', reason: errorSummary(error) });
    return false;
  }
}
