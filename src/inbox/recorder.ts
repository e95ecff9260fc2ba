/**
 * Records events in batches. This is a group commit: callbacks that arrive while a commit is in flight share the next
 * one, and all of them wait for it.
 *
 * A batch holds at most one event of a payment (record.ts requires it); equal callbacks in it become one event with
 * several receipts. A batch that takes long, as behind a lock, does not hold up the next one, which has none of its
 * payments. A callback waits no longer than its response may take. One that times out before its batch starts is not
 * stored. If one times out while its batch runs, the connection is destroyed: the outcome is then unknown for the whole
 * batch, and Resurs will retry.
 */
import { runBatch } from '../db/batcher.ts';
import type { NewEvent } from '../events/event.ts';
import {
  dequeue,
  enqueue,
  type Queue,
  type QueuedEvent,
  type RecordResult,
  settleWaiters,
  takeBatch,
  toBatchRow,
  type Waiter,
} from './batch.ts';
import type { BatchRow, RowResult } from './record.ts';

const MAX_CONCURRENT_BATCHES = 2;
/** How long a batch runs alone: larger batches cost each callback less than concurrent ones. */
const SLOW_BATCH_MS = 10;
/** Fewer than 256 waiting callbacks are never overload. Source: docs/protocol.md, Limits. */
const MAX_WAITING = 1_024;

export interface RecordOptions {
  /** Whether the event gets a delivery to the merchant. */
  readonly deliver: boolean;
  /** How long the callback can wait, in milliseconds. */
  readonly timeoutMs: number;
}

export interface Recorder {
  /** Stores the event once; resolves after the commit. Rejects only for unexpected errors. */
  record(event: NewEvent, options: RecordOptions): Promise<RecordResult>;
  /** Returns how many callbacks wait for a commit now. */
  queueLength(): number;
}

export interface BatchRecorderOptions {
  /** Stores the rows in one commit; results in their order. `signal` fires when the statement is to be given up. */
  storeBatch(rows: readonly BatchRow[], signal: AbortSignal): Promise<readonly RowResult[]>;
  /** Returns a new UUID v7. */
  newId(): string;
}

interface RecorderState {
  readonly queue: Queue;
  /** Payments that are in a running batch. */
  readonly lockedPayments: Set<string>;
  runningBatches: number;
  /** How many of them have taken longer than SLOW_BATCH_MS. */
  slowBatches: number;
  isStartScheduled: boolean;
  queueLength: number;
}

/** Creates a recorder over any store: the queue, the batches and their timeouts. */
export function createBatchRecorder(options: BatchRecorderOptions): Recorder {
  const state: RecorderState = {
    queue: new Map(),
    lockedPayments: new Set(),
    runningBatches: 0,
    slowBatches: 0,
    isStartScheduled: false,
    queueLength: 0,
  };
  return {
    queueLength: () => state.queueLength,
    record(event, { deliver, timeoutMs }) {
      if (state.queueLength >= MAX_WAITING) return Promise.resolve({ outcome: 'overloaded' });
      const recorded = waitFor(state, enqueue(state.queue, event, deliver), timeoutMs);
      scheduleStart(state, options);
      return recorded;
    },
  };
}

/** Waits for the result of the event, but no longer than the callback's response may take. */
function waitFor(state: RecorderState, queued: QueuedEvent, timeoutMs: number): Promise<RecordResult> {
  state.queueLength += 1;
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      state.queueLength -= 1;
    };
    const waiter: Waiter = {
      resolve(result) {
        end();
        resolve(result);
      },
      reject(reason) {
        end();
        reject(reason);
      },
    };
    const timer = setTimeout(() => giveUp(state, queued, waiter), timeoutMs);
    queued.waiters.push(waiter);
  });
}

/** Gives up a callback that has waited too long, and the batch that it is in. */
function giveUp(state: RecorderState, queued: QueuedEvent, waiter: Waiter): void {
  queued.waiters.splice(queued.waiters.indexOf(waiter), 1);
  if (queued.batch === null && queued.waiters.length === 0) dequeue(state.queue, queued);
  const error = new Error('not committed in time');
  queued.batch?.abort(error);
  waiter.resolve({ outcome: 'unavailable', error });
}

/** Starts batches at the end of the event loop's turn, so that all callbacks of the turn share one. */
function scheduleStart(state: RecorderState, options: BatchRecorderOptions): void {
  if (state.isStartScheduled) return;
  state.isStartScheduled = true;
  setImmediate(() => {
    state.isStartScheduled = false;
    startBatches(state, options);
  });
}

function startBatches(state: RecorderState, options: BatchRecorderOptions): void {
  while (state.runningBatches === state.slowBatches && state.runningBatches < MAX_CONCURRENT_BATCHES) {
    const batch = takeBatch(state.queue, state.lockedPayments);
    if (batch.length === 0) return;
    void run(batch, state, options);
  }
}

async function run(batch: readonly QueuedEvent[], state: RecorderState, options: BatchRecorderOptions): Promise<void> {
  state.runningBatches += 1;
  let isSlow = false;
  const timer = setTimeout(() => {
    isSlow = true;
    state.slowBatches += 1;
    startBatches(state, options);
  }, SLOW_BATCH_MS);
  await commit(batch, state, options);
  clearTimeout(timer);
  state.runningBatches -= 1;
  if (isSlow) state.slowBatches -= 1;
  scheduleStart(state, options);
}

async function commit(
  batch: readonly QueuedEvent[],
  { lockedPayments }: RecorderState,
  options: BatchRecorderOptions,
): Promise<void> {
  const abort = new AbortController();
  for (const queued of batch) {
    queued.batch = abort;
    lockedPayments.add(queued.event.paymentKey);
  }
  const store = (rows: readonly BatchRow[]) => options.storeBatch(rows, abort.signal);
  const results = await runBatch(batch.map(toBatchRow(options.newId)), store);
  batch.forEach((queued, index) => {
    lockedPayments.delete(queued.event.paymentKey);
    const result = results[index];
    if (result !== undefined) settleWaiters(queued, result);
  });
}
