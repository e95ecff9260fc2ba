/**
 * Adds what this process has counted to the counts of all replicas, once a minute and at the end; callbacks and
 * deliveries never wait for it. A batch that failed is sent again with the next round, however unclear its outcome is:
 * the database adds it once. A process that is killed loses what it has counted since the last round.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Database } from '../db/client.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { addCounts, type CountBatch, pruneCounts } from './count-store.ts';
import type { Counts } from './counts.ts';

const ROUND_INTERVAL_MS = 60_000;
/** For the last round: a stop must not wait for a database that does not respond. */
const LAST_ROUND_TIMEOUT_MS = 1_000;

export interface CountWriterOptions {
  readonly counts: Pick<Counts, 'take'>;
  readonly db: Database;
  /** 0 keeps all. */
  readonly retentionDays: number;
  readonly logger: Logger;
}

export interface CountWriter {
  /** Starts the rounds; needs the schema. */
  start(): void;
  /** Resolves when everything is written; does not wait long for a database that does not respond. */
  stop(): Promise<void>;
  /** Writes what was counted since the last call, after what has failed before. Throws the errors of the database. */
  flush(signal?: AbortSignal): Promise<void>;
}

/** Creates the writer of a process. */
export function createCountWriter(options: CountWriterOptions): CountWriter {
  const { counts, db, logger } = options;
  const writer = randomUUID();
  const stopping = new AbortController();
  let unwritten: CountBatch | null = null;
  let number = 0;
  let running: Promise<void> | null = null;

  async function flush(signal?: AbortSignal): Promise<void> {
    // The one that failed first, because a batch that is older than one that was added is never added.
    if (unwritten !== null) await addCounts(db, unwritten, signal);
    unwritten = null;
    const taken = counts.take();
    if (taken.length === 0) return;
    number += 1;
    unwritten = { writer, number, counts: taken };
    await addCounts(db, unwritten, signal);
    unwritten = null;
  }

  return {
    flush,
    start() {
      running ??= run({ ...options, flush }, stopping.signal);
    },
    async stop() {
      stopping.abort();
      if (running === null) return;
      await running;
      await attempt(() => flush(AbortSignal.timeout(LAST_ROUND_TIMEOUT_MS)), logger);
    },
  };
}

type RoundOptions = Pick<CountWriterOptions, 'db' | 'retentionDays' | 'logger'> & Pick<CountWriter, 'flush'>;

async function run({ flush, db, retentionDays, logger }: RoundOptions, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    await setTimeout(ROUND_INTERVAL_MS, undefined, { signal: stopping, ref: false }).catch(() => undefined);
    if (stopping.aborted) return;
    await attempt(async () => {
      await flush();
      await pruneCounts(db, retentionDays);
    }, logger);
  }
}

async function attempt(work: () => Promise<void>, logger: Logger): Promise<void> {
  try {
    await work();
  } catch (error) {
    logger.warn({ event: 'housekeeping.failed', reason: errorSummary(error) });
  }
}
