/** Opens the connections of a load, one callback at a time on each, and counts and times the responses. */
import { type Percentiles, percentiles } from '../percentiles.ts';
import { type Connection, openConnection } from './connection.ts';

export interface PoolOptions {
  /** Of the receivers. Connections are distributed over them round-robin. */
  readonly ports: readonly number[];
  readonly connections: number;
  readonly forMs: number;
}

export interface LoadResult {
  readonly answered: number;
  /** Responses other than 204, by status. */
  readonly refused: Readonly<Record<string, number>>;
  readonly perSecond: number;
  /** Milliseconds from the time when a callback was due to its response. */
  readonly answer: Percentiles;
  /** Share of one core that the load itself took. */
  readonly cpuShare: number;
}

/** A connection that is free or busy. A caller of `begin` waits for the response before it calls again. */
export interface PooledConnection {
  /** Sends the request. `sinceMs`: when it was due, by performance.now. */
  begin(request: Buffer, sinceMs: number): void;
}

export interface ConnectionPool {
  readonly pooled: readonly PooledConnection[];
  /** Starts to count, and drops the counts so far. */
  start(): void;
  measured(): LoadResult;
  /** Rejects when a connection breaks. */
  readonly broken: Promise<never>;
  close(): void;
}

/** Opens the connections. `onFree` is called with a connection after each response on it. */
export async function openConnectionPool(
  options: PoolOptions,
  onFree: (connection: PooledConnection) => void,
): Promise<ConnectionPool> {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => undefined);
  const connections: Connection[] = [];
  const pooled: PooledConnection[] = [];
  let samplesMs: number[] = [];
  let refused: Record<string, number> = {};
  let startedAtMs = performance.now();
  let cpu = process.cpuUsage();

  for (let i = 0; i < options.connections; i += 1) {
    let beganAtMs = 0;
    const onResponse = (status: number) => {
      samplesMs.push(performance.now() - beganAtMs);
      if (status !== 204) refused[status] = (refused[status] ?? 0) + 1;
      onFree(free);
    };
    const port = options.ports[i % options.ports.length] ?? 0;
    const connection = await openConnection({ port, onResponse, onFailure: reject });
    const free: PooledConnection = {
      begin(request, sinceMs) {
        beganAtMs = sinceMs;
        connection.send(request);
      },
    };
    connections.push(connection);
    pooled.push(free);
  }
  return {
    pooled,
    broken,
    start() {
      samplesMs = [];
      refused = {};
      startedAtMs = performance.now();
      cpu = process.cpuUsage();
    },
    measured() {
      const tookMs = performance.now() - startedAtMs;
      const { user, system } = process.cpuUsage(cpu);
      return {
        answered: samplesMs.length,
        refused,
        perSecond: (samplesMs.length / tookMs) * 1_000,
        answer: percentiles(samplesMs),
        cpuShare: (user + system) / 1_000 / tookMs,
      };
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
