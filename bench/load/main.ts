/** The load as a process of its own: takes one task at a time from its parent and tells what was measured. */
import { serveTasks } from '../worker-process.ts';
import { runClosedLoop } from './closed-loop.ts';
import type { LoadResult, PoolOptions } from './connection-pool.ts';
import { runOpenLoop } from './open-loop.ts';
import { createRequests, type RequestOptions } from './requests.ts';

/** Without `rate` as fast as it goes, else so many callbacks a second. */
export interface LoadTask extends PoolOptions, RequestOptions {
  readonly rate: number | null;
}

if (import.meta.main) {
  serveTasks<LoadTask, LoadResult>(({ rate, ...task }) => {
    const next = createRequests(task);
    return rate === null ? runClosedLoop(task, next) : runOpenLoop({ ...task, rate }, next);
  });
}
