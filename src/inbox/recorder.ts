/**
 * Group commit: callbacks that arrive while a commit is under way share the next one, and all wait for it.
 *
 * A group holds at most one event of a payment (record.ts asks for that); equal callbacks in it become one event with
 * several receipts. Two groups may be under way, never with the same payment. Nobody waits longer than the answer may
 * take: who leaves before the group started is not stored, and when the first leaves whose group is under way, its
 * connection is destroyed, since the outcome is then unknown to all of it and Resurs will come again.
 */
import { runBatch } from '../db/batcher.ts';
import type { NewEvent } from '../events/event.ts';
import { isSameEvent, type QueuedEvent, type RecordResult, selectBatch, settleWaiters, toBatchRow } from './batch.ts';
import type { BatchRow, RowResult } from './record.ts';

const MAX_CONCURRENT_BATCHES = 2;
/** docs/protocol.md, Limits: fewer than 256 callbacks waiting are never overload. */
const MAX_WAITING = 1_024;

export interface RecorderOptions {
  store(group: readonly BatchRow[], signal: AbortSignal): Promise<readonly RowResult[]>;
  /** A new UUID v7. */
  newId(): string;
}

export interface RecordOptions {
  /** Whether the merchant is to be told. */
  readonly deliver: boolean;
  /** How long the callback can wait, in milliseconds. */
  readonly timeoutMs: number;
}

export interface Recorder {
  /** Stores the event once; resolves after the commit. Rejects only for what nobody foresaw. */
  record(event: NewEvent, desired: RecordOptions): Promise<RecordResult>;
  /** Callbacks that wait for a commit now. */
  queueLength(): number;
}

/** What the recorder remembers between callbacks. */
interface RecorderState {
  /** Facts whose group has not started, in the order they came. */
  queue: QueuedEvent[];
  /** Payments with a group under way. */
  readonly lockedPayments: Set<string>;
  groupsUnderWay: number;
  queueLength: number;
}

export function createRecorder(options: RecorderOptions): Recorder {
  const memory: RecorderState = { queue: [], lockedPayments: new Set(), groupsUnderWay: 0, queueLength: 0 };
  return {
    queueLength: () => memory.queueLength,
    async record(event, { deliver, timeoutMs }) {
      if (memory.queueLength >= MAX_WAITING) return { outcome: 'overloaded' };
      memory.queueLength += 1;
      const recorded = waitFor(enqueue(memory, event, deliver), timeoutMs);
      // What arrives in the same turn of the event loop belongs together.
      setImmediate(() => startBatches(memory, options));
      return recorded.finally(() => {
        memory.queueLength -= 1;
      });
    },
  };
}

/** The entry of this fact in the queue, made when there is none. */
function enqueue(memory: RecorderState, event: NewEvent, deliver: boolean): QueuedEvent {
  const equal = memory.queue.find((entry) => isSameEvent(entry.event, event));
  if (equal !== undefined) return equal;
  const entry: QueuedEvent = { event, deliver, waiters: new Set(), group: null };
  memory.queue.push(entry);
  return entry;
}

/** Waits for what becomes of the entry, but not longer than the answer may take. */
function waitFor(entry: QueuedEvent, timeoutMs: number): Promise<RecordResult> {
  const { promise, resolve, reject } = Promise.withResolvers<RecordResult>();
  const waiter = { resolve, reject };
  entry.waiters.add(waiter);
  const timer = setTimeout(() => {
    entry.waiters.delete(waiter);
    const error = new Error('no commit in time');
    entry.group?.abort(error);
    resolve({ outcome: 'unavailable', error });
  }, timeoutMs);
  return promise.finally(() => clearTimeout(timer));
}

function startBatches(memory: RecorderState, options: RecorderOptions): void {
  while (memory.groupsUnderWay < MAX_CONCURRENT_BATCHES && memory.queue.length > 0) {
    const group = selectBatch(memory.queue, memory.lockedPayments);
    if (group.length === 0) return;
    const chosen = new Set(group);
    memory.queue = memory.queue.filter((entry) => !chosen.has(entry) && entry.waiters.size > 0);
    memory.groupsUnderWay += 1;
    void commit(group, memory, options).finally(() => {
      memory.groupsUnderWay -= 1;
      startBatches(memory, options);
    });
  }
}

async function commit(
  group: readonly QueuedEvent[],
  { lockedPayments }: RecorderState,
  options: RecorderOptions,
): Promise<void> {
  const inFlight = new AbortController();
  for (const entry of group) {
    entry.group = inFlight;
    lockedPayments.add(entry.event.paymentKey);
  }
  const store = (items: readonly BatchRow[]) => options.store(items, inFlight.signal);
  const results = await runBatch(group.map(toBatchRow(options.newId)), store);
  group.forEach((entry, index) => {
    lockedPayments.delete(entry.event.paymentKey);
    const result = results[index];
    if (result !== undefined) settleWaiters(entry, result);
  });
}
