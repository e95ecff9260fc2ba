/**
 * The connections of the service: one pool per kind of work, so that none waits behind another. The first is for
 * callbacks, for whose responses Resurs waits, the second for deliveries. The third is for the status API, metrics,
 * replays and retention, whose load has no limit.
 */
import { type Database, type DatabaseOptions, openDatabase } from './client.ts';

export interface Databases {
  readonly callbacks: Database;
  readonly deliveries: Database;
  readonly background: Database;
  /** The sum over all pools. */
  usage(): ReturnType<Database['usage']>;
  close(): Promise<void>;
}

/** Number of connections of each pool. */
export interface PoolShares {
  readonly callbacks: number;
  readonly deliveries: number;
  readonly background: number;
}

/**
 * Divides the connections among the pools. With fewer than three, a share is 0 and that work uses the pool before it.
 */
export function sharesOf(poolSize: number): PoolShares {
  if (poolSize < 3) return { callbacks: 1, deliveries: poolSize - 1, background: 0 };
  const third = Math.floor(poolSize * 0.3);
  const [deliveries, background] = [Math.max(1, third), Math.max(1, third)];
  return { callbacks: poolSize - deliveries - background, deliveries, background };
}

/** Opens the pools; together they open at most `poolSize` connections. */
export function openDatabases({ poolSize, ...rest }: DatabaseOptions): Databases {
  const options = { ...rest, generation: { current: 0 } };
  const shares = sharesOf(poolSize);
  const callbacks = openDatabase({ ...options, poolSize: shares.callbacks });
  const deliveries = shares.deliveries === 0 ? callbacks : openDatabase({ ...options, poolSize: shares.deliveries });
  const background = shares.background === 0 ? deliveries : openDatabase({ ...options, poolSize: shares.background });
  const pools = [...new Set([callbacks, deliveries, background])];
  const sum = (pick: (usage: ReturnType<Database['usage']>) => number) => {
    return pools.reduce((total, pool) => total + pick(pool.usage()), 0);
  };
  return {
    callbacks,
    deliveries,
    background,
    usage: () => ({ total: sum((u) => u.total), idle: sum((u) => u.idle), waiting: sum((u) => u.waiting) }),
    async close() {
      await Promise.all(pools.map((pool) => pool.close()));
    },
  };
}
