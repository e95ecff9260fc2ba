/** Runs the load as a process of its own: one task at a time from its parent, and the result back. */
import { serveTasks } from '../worker-process.ts';
import { runClosedLoop } from './closed-loop.ts';
import type { LoadResult, PoolOptions } from './connection-pool.ts';
import { runOpenLoop } from './open-loop.ts';
import { createRequests, type RequestOptions } from './requests.ts';

/** `rate`: callbacks a second; null: as fast as possible. */
export interface LoadTask extends PoolOptions, RequestOptions {
  readonly rate: number | null;
}

if (import.meta.main) {
  serveTasks<LoadTask, LoadResult>(({ rate, ...task }) => {
    const next = createRequests(task);
    return rate === null ? runClosedLoop(task, next) : runOpenLoop({ ...task, rate }, next);
  });
}
