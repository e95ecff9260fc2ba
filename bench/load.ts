/** The load, as the scenarios ask for it: a process of its own, with every callback of this run unlike those before. */

import type { Measured } from './load/connection-pool.ts';
import type { LoadTask } from './load/main.ts';
import type { Receiver } from './receiver.ts';
import { CALLBACK_PATH, SALT } from './testbed.ts';
import { type Helper, startHelper } from './worker-process.ts';

/** Connections of the load, over all receivers together. */
export const CONNECTIONS = 64;

export interface LoadWish {
  readonly receivers: readonly Receiver[];
  readonly seconds: number;
  /** Callbacks a second; without it as fast as it goes. */
  readonly rate?: number | null;
  /** See RequestOptions; false by default. */
  readonly comesBack?: boolean;
}

export interface LoadProcess {
  /** Throws when an answer was not 204: what is refused must not look fast. */
  run(wish: LoadWish): Promise<Measured>;
  stop(): Promise<void>;
}

export function startLoad(): LoadProcess {
  const helper: Helper<LoadTask, Measured> = startHelper('load/main.ts');
  const begun = Date.now().toString(36);
  let runs = 0;
  return {
    async run({ receivers, seconds, rate = null, comesBack = false }) {
      runs += 1;
      const measured = await helper.ask({
        ports: receivers.map(({ port }) => port),
        connections: CONNECTIONS,
        forMs: seconds * 1_000,
        rate,
        run: `${begun}-${runs}`,
        path: CALLBACK_PATH,
        salt: SALT,
        comesBack,
      });
      const refused = JSON.stringify(measured.refused);
      if (refused !== '{}') {
        const tails = await Promise.all(receivers.map((receiver) => receiver.logTail()));
        throw new Error(`of ${measured.answered} callbacks were not answered 204: ${refused}\n${tails.join('\n')}`);
      }
      for (const receiver of receivers) await receiver.emptyLog();
      return measured;
    },
    stop: helper.stop,
  };
}
