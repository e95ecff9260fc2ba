/**
 * Group commit: callers that arrive while a commit is under way share the next one.
 *
 * One bad row never fails its neighbours: a group that Postgres refuses for its data is done again row by row, and one
 * that lost against another transaction once more as a whole. Everything else (connection, time-out) fails the group.
 */
import { classifyDatabaseError } from './errors.ts';

export type BatchWork<In, Out> = (items: readonly In[]) => Promise<readonly Out[]>;

/** Does the group's work and tells of each item, in their order, what became of it. Never rejects. */
export async function runBatch<In, Out>(
  items: readonly In[],
  work: BatchWork<In, Out>,
): Promise<readonly PromiseSettledResult<Out>[]> {
  try {
    return await retryOnConflict(() => attempt(items, work));
  } catch (error) {
    if (classifyDatabaseError(error) !== 'bad_row' || items.length === 1) return items.map(() => rejected(error));
  }
  const results: PromiseSettledResult<Out>[] = [];
  for (const item of items) results.push(...(await runBatch([item], work)));
  return results;
}

/** Does the work once more if it lost against another transaction (deadlock, serialisation). */
export async function retryOnConflict<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (classifyDatabaseError(error) !== 'conflict') throw error;
    return work();
  }
}

async function attempt<In, Out>(items: readonly In[], work: BatchWork<In, Out>): Promise<PromiseSettledResult<Out>[]> {
  const values = await work(items);
  return values.map((value) => ({ status: 'fulfilled', value }));
}

function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason };
}

/** A function that does `work` for one item, together with whatever else was asked for meanwhile, `max` at a time. */
export function createBatcher<In, Out>(work: BatchWork<In, Out>, max: number): (item: In) => Promise<Out> {
  interface PendingItem {
    readonly item: In;
    resolve(value: Out): void;
    reject(reason: unknown): void;
  }
  let waiting: PendingItem[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const group = waiting.slice(0, max);
      waiting = waiting.slice(max);
      const results = await runBatch(
        group.map(({ item }) => item),
        work,
      );
      group.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result?.status === 'fulfilled') resolve(result.value);
        else reject(result?.reason);
      });
    }
    running = false;
  }

  return (item) => {
    const { promise, resolve, reject } = Promise.withResolvers<Out>();
    waiting.push({ item, resolve, reject });
    // Not started at once: what arrives in the same turn of the event loop belongs together.
    if (!running) {
      running = true;
      setImmediate(() => void run());
    }
    return promise;
  };
}
