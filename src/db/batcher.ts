/**
 * Group commit: callers that arrive while a commit is in flight share the next one.
 *
 * One bad row never fails its neighbours: a batch that Postgres rejects for its data is repeated row by row. A batch
 * that lost a conflict with another transaction is repeated once as a whole. Every other error (connection, timeout)
 * fails the batch.
 */
import type { Clock } from '../lib/clock.ts';
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

/** Keeps the batches of one batcher apart, so that more items share each. */
export interface BatchSpacing {
  readonly clock: Clock;
  /** The least time from the start of a batch to the start of the next, in milliseconds. */
  readonly leastMs: number;
  /** With so many items waiting, a batch starts all the same. */
  readonly fullAt: number;
}

/**
 * Creates a function that does `work` for one item, in a batch with the items that arrive meanwhile, at most `max` of
 * them. With `spacing`, an item that arrives after a pause starts at once all the same.
 */
export function createBatcher<In, Out>(
  work: BatchWork<In, Out>,
  max: number,
  spacing: BatchSpacing | null = null,
): (item: In) => Promise<Out> {
  interface PendingItem {
    readonly item: In;
    resolve(value: Out): void;
    reject(reason: unknown): void;
  }
  let pending: PendingItem[] = [];
  let isRunning = false;
  const gate = createGate(spacing);

  async function run(): Promise<void> {
    isRunning = true;
    while (pending.length > 0) {
      await gate.pass(pending.length);
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
    gate.added(pending.length);
    // The start is deferred, so that items of the same event loop turn share a batch.
    if (!isRunning) {
      isRunning = true;
      setImmediate(() => void run());
    }
    return promise;
  };
}

interface BatchGate {
  /** Waits until the next batch may start; `count` items are waiting. */
  pass(count: number): Promise<void> | undefined;
  /** An item was added; `count` items are waiting. */
  added(count: number): void;
}

const OPEN_GATE: BatchGate = { pass: () => undefined, added: () => undefined };

function createGate(spacing: BatchSpacing | null): BatchGate {
  if (spacing === null) return OPEN_GATE;
  const { clock, leastMs, fullAt } = spacing;
  let nextAtMs = Number.NEGATIVE_INFINITY;
  let open: (() => void) | null = null;
  return {
    async pass(count) {
      const waitMs = nextAtMs - clock.elapsed();
      if (waitMs > 0 && count < fullAt) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, waitMs);
        open = resolve;
        await promise;
        open = null;
        clearTimeout(timer);
      }
      nextAtMs = clock.elapsed() + leastMs;
    },
    added(count) {
      if (count >= fullAt) open?.();
    },
  };
}
