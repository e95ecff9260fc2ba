/**
 * Does all replays that are to go on, a step of each in turn, so that a small one never waits for a large one. To be
 * called by one replica at a time; two at once would only do the same work twice.
 */
import { setTimeout } from 'node:timers/promises';
import type { Database } from '../db/client.ts';
import { isDatabaseUnavailable } from '../db/errors.ts';
import type { JobOutcome } from '../db/leader-lock.ts';
import { errorSummary } from '../lib/errors.ts';
import { findRunning, type RunningReplay } from './replay-position.ts';
import { type OnReplayed, replayStep } from './replay-step.ts';

/** Between two tries while the database is unavailable. */
const RETRY_MS = 500;

export interface RunOptions {
  /** Fires when the process stops, or when another replica may have taken over. */
  readonly signal: AbortSignal;
  readonly onReplayed: OnReplayed;
  /** Called after each round with what is still to do; false ends the run. */
  readonly goesOn?: (left: readonly RunningReplay[]) => Promise<boolean>;
}

/** Runs until none is left. One that fails for another reason than an unavailable database is left for the next run. */
export async function runReplays(db: Database, options: RunOptions): Promise<JobOutcome> {
  const { signal, onReplayed, goesOn } = options;
  const failed = new Map<string, string>();
  while (!signal.aborted) {
    try {
      const running = await findRunning(db, signal);
      if (goesOn !== undefined && !(await goesOn(running))) break;
      const next = running.filter(({ id }) => !failed.has(id));
      if (next.length === 0) break;
      let unavailable: unknown = null;
      for (const replay of next) {
        if (signal.aborted) break;
        await replayStep(db, replay, onReplayed).catch((error: unknown) => {
          // It may be only what this one waits for, such as the lock of a row: the others have their turn all the same.
          if (isDatabaseUnavailable(error)) unavailable ??= error;
          else failed.set(replay.id, errorSummary(error));
        });
      }
      if (unavailable !== null) throw unavailable;
    } catch (error) {
      if (signal.aborted || !isDatabaseUnavailable(error)) throw error;
      await setTimeout(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  const [first] = failed;
  if (first !== undefined) return { outcome: 'failed', error: `replay ${first[0]}: ${first[1]}`, result: null };
  return { outcome: 'succeeded', result: null };
}
