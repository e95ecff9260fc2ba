/** Steps the clock of the second receiver's process only, by libfaketime; the machine's clock is never changed. */

import { between } from '../../test/harness/random.ts';
import { sleep } from '../../test/harness/wait.ts';
import type { Fault } from './fault.ts';

const HOUR_SECONDS = 3_600;
/** Longer than the library keeps an offset before it reads the file again. */
const STEPPED_MS = [1_500, 3_000] as const;

function clockStep(name: string, seconds: number): Fault {
  return {
    name,
    group: 'database',
    async inject({ stepClock, signal }, random) {
      if (stepClock === null) return { skipped: 'libfaketime is not installed (Debian: faketime)' };
      await stepClock(seconds);
      await sleep(between(random, STEPPED_MS), signal);
      await stepClock(0);
      return 'survived';
    },
  };
}

export const CLOCK_FAULTS: readonly Fault[] = [
  clockStep('clock-forward', HOUR_SECONDS),
  clockStep('clock-back', -HOUR_SECONDS),
];
