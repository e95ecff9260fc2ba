/** Starts the load as a process of its own. Every run uses new payment ids. */
import type { LoadResult } from './load/connection-pool.ts';
import type { LoadTask } from './load/main.ts';
import type { Receiver } from './receiver.ts';
import { CALLBACK_PATH, SALT } from './testbed.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** Connections of the load where a scenario does not choose them, over all receivers together. */
export const CONNECTIONS = 64;

export interface LoadOptions {
  readonly receivers: readonly Receiver[];
  readonly seconds: number;
  /** Callbacks a second. Default: null, as fast as possible. */
  readonly rate?: number | null;
  /** See RequestOptions. Default: false. */
  readonly isRepeated?: boolean;
  /** Over all receivers together. Default: CONNECTIONS. */
  readonly connections?: number;
}

export interface LoadProcess {
  /** Throws when a response is not 204: refused callbacks must not look fast. */
  run(options: LoadOptions): Promise<LoadResult>;
  stop(): Promise<void>;
}

/** Starts the process. The caller stops it. */
export function startLoad(): LoadProcess {
  const worker: WorkerProcess<LoadTask, LoadResult> = startWorkerProcess('load/main.ts');
  const startedAt = Date.now().toString(36);
  let runs = 0;
  return {
    async run({ receivers, seconds, rate = null, isRepeated = false, connections = CONNECTIONS }) {
      runs += 1;
      const measured = await worker.run({
        ports: receivers.map(({ port }) => port),
        connections,
        forMs: seconds * 1_000,
        rate,
        run: `${startedAt}-${runs}`,
        path: CALLBACK_PATH,
        salt: SALT,
        isRepeated,
      });
      const refused = JSON.stringify(measured.refused);
      if (refused !== '{}') {
        const tails = await Promise.all(receivers.map((receiver) => receiver.logTail()));
        throw new Error(`of ${measured.answered} responses, these were not 204: ${refused}\n${tails.join('\n')}`);
      }
      for (const receiver of receivers) await receiver.emptyLog();
      return measured;
    },
    stop: worker.stop,
  };
}
