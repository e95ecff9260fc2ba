/**
 * Group commit: callers that arrive while a commit is in flight share the next one.
 *
 * One bad row never fails its neighbours: a batch that Postgres rejects for its data is repeated row by row. A batch
 * that lost a conflict with another transaction is repeated once as a whole. Every other error (connection, timeout)
 * fails the batch.
 */
import { classifyDatabaseError } from './errors.ts';

/** Does the work of a batch. Resolves to one result per item, in their order. */
export type BatchWork<In, Out> = (items: readonly In[]) => Promise<readonly Out[]>;

/** Runs a batch and resolves to the result of each item, in their order. Never rejects. */
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

/** Repeats the work once if it lost a conflict with another transaction (deadlock, serialisation). */
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

/**
 * Creates a function that does `work` for one item, in a batch with the items that arrive meanwhile, at most `max` of
 * them.
 */
export function createBatcher<In, Out>(work: BatchWork<In, Out>, max: number): (item: In) => Promise<Out> {
  interface PendingItem {
    readonly item: In;
    resolve(value: Out): void;
    reject(reason: unknown): void;
  }
  let pending: PendingItem[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    while (pending.length > 0) {
      const batch = pending.slice(0, max);
      pending = pending.slice(max);
      const results = await runBatch(
        batch.map(({ item }) => item),
        work,
      );
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result?.status === 'fulfilled') resolve(result.value);
        else reject(result?.reason);
      });
    }
    isRunning = false;
  }

  return (item) => {
    const { promise, resolve, reject } = Promise.withResolvers<Out>();
    pending.push({ item, resolve, reject });
    // The start is deferred, so that items of the same event loop turn share a batch.
    if (!isRunning) {
      isRunning = true;
      setImmediate(() => void run());
    }
    return promise;
  };
}
