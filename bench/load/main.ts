/** The load as a process of its own: takes one task at a time from its parent and tells what was measured. */
import { answerTasks } from '../worker-process.ts';
import { runClosed } from './closed-loop.ts';
import type { Load, Measured } from './connection-pool.ts';
import { runOpen } from './open-loop.ts';
import { createRequests, type RequestOptions } from './requests.ts';

/** Without `rate` as fast as it goes, else so many callbacks a second. */
export interface LoadTask extends Load, RequestOptions {
  readonly rate: number | null;
}

if (import.meta.main) {
  answerTasks<LoadTask, Measured>(({ rate, ...task }) => {
    const next = createRequests(task);
    return rate === null ? runClosed(task, next) : runOpen({ ...task, rate }, next);
  });
}
