/** Kills replicas at moments that follow from the seed, one at a time, and starts them again. */

import { between, pick, type Range, randomFor } from '../../test/harness/random.ts';
import { sleep } from '../../test/harness/wait.ts';
import type { Replica } from '../replica.ts';

const DEAD_MS: Range = [50, 600];

export interface Kills {
  count(): number;
  /** Kills one, and resolves when it runs again. A kill that comes while one is dead waits for it. */
  kill(): Promise<void>;
}

/** `replicas` are those that run now; `signal` ends waits. */
export function createKills(seed: number, replicas: () => readonly Replica[], signal: AbortSignal): Kills {
  const random = randomFor(seed, 'kills');
  let count = 0;
  let last: Promise<void> = Promise.resolve();
  const killOne = async () => {
    const replica = pick(random, replicas());
    if (replica === undefined || signal.aborted) return;
    count += 1;
    await replica.kill();
    await sleep(between(random, DEAD_MS), signal);
    await replica.start();
  };
  return {
    count: () => count,
    kill() {
      last = last.then(killOne);
      return last;
    },
  };
}

/** Returns the numbers of the tries after which a replica is killed. */
export function killPoints(seed: number, kills: number, callbacks: number): ReadonlySet<number> {
  const random = randomFor(seed, 'kill points');
  return new Set(Array.from({ length: kills }, () => Math.floor(between(random, [1, callbacks]))));
}
