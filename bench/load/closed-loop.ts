/**
 * Runs a closed loop, as fast as possible: every connection sends its next callback as soon as the last one is
 * answered.
 */
import { type LoadResult, openConnectionPool, type PooledConnection, type PoolOptions } from './connection-pool.ts';

/** Requests rendered before the clock starts, as far as memory allows; later ones are rendered when needed. */
const MAX_PREPARED = 120_000;
const PREPARED_A_SECOND = 24_000;

/** Sends callbacks for `load.forMs` and waits until the last one is answered. */
export async function runClosedLoop(load: PoolOptions, next: () => Buffer): Promise<LoadResult> {
  const length = Math.min(MAX_PREPARED, Math.ceil((PREPARED_A_SECOND * load.forMs) / 1_000));
  const prepared = Array.from({ length }, next);
  const done = Promise.withResolvers<void>();
  let sent = 0;
  let inFlight = 0;
  let endAtMs = 0;

  const sendNext = (connection: PooledConnection) => {
    const nowMs = performance.now();
    if (nowMs < endAtMs) {
      inFlight += 1;
      connection.begin(prepared[sent] ?? next(), nowMs);
      sent += 1;
    } else if (inFlight === 0) done.resolve();
  };
  const pool = await openConnectionPool(load, (connection) => {
    inFlight -= 1;
    sendNext(connection);
  });
  pool.start();
  endAtMs = performance.now() + load.forMs;
  for (const connection of pool.pooled) sendNext(connection);
  await Promise.race([done.promise, pool.broken]);
  const measured = pool.measured();
  pool.close();
  return measured;
}
