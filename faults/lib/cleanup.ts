/** Clean-up steps of a scenario; they run however it ends. */
import { withTimeout } from '../../test/harness/wait.ts';

/** Time limit of one step: Postgres alone may take ten seconds to shut down before it is killed. */
const STEP_WITHIN_MS = 30_000;

export type Cleanup = (() => Promise<unknown>)[];

/** Runs the work, then its registered clean-up steps, last first; a failed step does not skip the others. */
export async function withCleanup<T>(work: (cleanup: Cleanup) => Promise<T>): Promise<T> {
  const cleanup: Cleanup = [];
  try {
    return await work(cleanup);
  } finally {
    const failures: unknown[] = [];
    for (const step of cleanup.toReversed()) {
      await withTimeout(STEP_WITHIN_MS, 'a step', step()).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) process.stderr.write(`Cleaning up failed: ${failures.map(String).join('; ')}\n`);
  }
}
