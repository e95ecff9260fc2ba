/** What must be undone at the end of a scenario, however it ends. */
import { withTimeout } from '../../test/harness/wait.ts';

/** Of one step: Postgres alone may take ten seconds to shut down before it is made to. */
const STEP_WITHIN_MS = 30_000;

export type CleanUps = (() => Promise<unknown>)[];

/** Runs the work, then whatever it has put down as clean-up, last first, each also when another one failed. */
export async function withCleanUp<T>(work: (cleanUps: CleanUps) => Promise<T>): Promise<T> {
  const cleanUps: CleanUps = [];
  try {
    return await work(cleanUps);
  } finally {
    const failures: unknown[] = [];
    for (const cleanUp of cleanUps.toReversed()) {
      await withTimeout(STEP_WITHIN_MS, 'a step', cleanUp()).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) process.stderr.write(`Cleaning up failed: ${failures.map(String).join('; ')}\n`);
  }
}
