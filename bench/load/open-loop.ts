/**
 * Runs an open loop: callbacks are due at a fixed rate, whatever the responses do. A callback that is due while no
 * connection is free waits, and its clock runs. So a receiver that stalls is charged for every callback of that time.
 */
import { setTimeout } from 'node:timers/promises';
import { type LoadResult, openConnectionPool, type PooledConnection, type PoolOptions } from './connection-pool.ts';

const TICK_MS = 1;
/** After the last callback is due. A receiver that is still behind then is measured as it is. */
const DRAIN_TIMEOUT_MS = 10_000;

/** Sends `load.rate` callbacks a second for `load.forMs`. Waits at most 10 s for late responses. */
export async function runOpenLoop(
  load: PoolOptions & { readonly rate: number },
  next: () => Buffer,
): Promise<LoadResult> {
  const total = Math.floor((load.rate * load.forMs) / 1_000);
  const free: PooledConnection[] = [];
  let startedAtMs = Number.POSITIVE_INFINITY;
  let sent = 0;

  const dueAtMs = (number: number) => startedAtMs + (number / load.rate) * 1_000;
  const sendDue = () => {
    const nowMs = performance.now();
    while (sent < total && dueAtMs(sent) <= nowMs) {
      // Round-robin: the receiver closes a connection that stays idle.
      const connection = free.shift();
      if (connection === undefined) return;
      connection.begin(next(), dueAtMs(sent));
      sent += 1;
    }
  };
  const pool = await openConnectionPool(load, (connection) => {
    free.push(connection);
    sendDue();
  });
  free.push(...pool.pooled);
  pool.start();
  startedAtMs = performance.now();
  const isDone = () => sent === total && free.length === pool.pooled.length;
  while (!isDone() && performance.now() < dueAtMs(total) + DRAIN_TIMEOUT_MS) {
    sendDue();
    await Promise.race([setTimeout(TICK_MS), pool.broken]);
  }
  const measured = pool.measured();
  pool.close();
  return measured;
}
