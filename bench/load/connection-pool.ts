/** The connections of a load, each carrying one callback at a time; what is answered is counted and timed here. */
import { type Spread, spreadOf } from '../percentiles.ts';
import { type Connection, openConnection } from './connection.ts';

export interface Load {
  /** Of the receivers; connections are dealt out to them in turn. */
  readonly ports: readonly number[];
  readonly connections: number;
  readonly forMs: number;
}

export interface Measured {
  readonly answered: number;
  /** Answers other than 204, by status. */
  readonly refused: Readonly<Record<string, number>>;
  readonly perSecond: number;
  /** Milliseconds from when a callback was to be sent to its answer. */
  readonly answer: Spread;
  /** Share of one core that the load itself took. */
  readonly cpuShare: number;
}

/** A connection that is free, or not: who begins waits until it was answered. */
export interface Worker {
  /** `sinceMs`: when it was to be sent, by performance.now. */
  begin(request: Buffer, sinceMs: number): void;
}

export interface Crew {
  readonly workers: readonly Worker[];
  /** Begins to count: what was answered before is forgotten. */
  start(): void;
  measured(): Measured;
  /** Rejects when a connection breaks. */
  readonly broken: Promise<never>;
  close(): void;
}

/** Opens the connections; `onFree` hears of each worker after each answer. */
export async function openCrew(load: Load, onFree: (worker: Worker) => void): Promise<Crew> {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => undefined);
  const connections: Connection[] = [];
  const workers: Worker[] = [];
  let samplesMs: number[] = [];
  let refused: Record<string, number> = {};
  let startedAtMs = performance.now();
  let cpu = process.cpuUsage();

  for (let i = 0; i < load.connections; i += 1) {
    let beganAtMs = 0;
    const onAnswer = (status: number) => {
      samplesMs.push(performance.now() - beganAtMs);
      if (status !== 204) refused[status] = (refused[status] ?? 0) + 1;
      onFree(worker);
    };
    const port = load.ports[i % load.ports.length] ?? 0;
    const connection = await openConnection({ port, onAnswer, onFailure: reject });
    const worker: Worker = {
      begin(request, sinceMs) {
        beganAtMs = sinceMs;
        connection.send(request);
      },
    };
    connections.push(connection);
    workers.push(worker);
  }
  return {
    workers,
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
        answer: spreadOf(samplesMs),
        cpuShare: (user + system) / 1_000 / tookMs,
      };
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
