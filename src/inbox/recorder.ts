/**
 * Records events in batches. This is a group commit: callbacks that arrive while a commit is in flight share the next
 * one, and all of them wait for it. After the commit the claimed deliveries go to the dispatcher.
 *
 * A batch holds at most one event of a payment (record.ts requires it); equal callbacks in it become one event with
 * several receipts. Two batches may run at a time, never with the same payment. A callback waits no longer than its
 * response may take. One that times out before its batch starts is not stored. If one times out while its batch runs,
 * the connection is destroyed: the outcome is then unknown for the whole batch, and Resurs will retry.
 */
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Config } from '../config/settings.ts';
import { runBatch } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import type { DeliverySlots } from '../deliveries/deliveries.ts';
import type { NewEvent } from '../events/event.ts';
import { isSameEvent, type QueuedEvent, type RecordResult, selectBatch, settleWaiters, toBatchRow } from './batch.ts';
import { type BatchRow, type RowResult, recordBatch } from './record.ts';

const MAX_CONCURRENT_BATCHES = 2;
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

export interface RecorderOptions {
  readonly db: Database;
  readonly config: Pick<Config, 'MAX_EVENTS_PER_PAYMENT'>;
  /** Where new deliveries are claimed for this process. */
  readonly slots: DeliverySlots;
  /** Called after each commit. */
  onRecorded(batch: RecordedBatch): void;
  /** Called when a batch was not stored, or it is unknown. */
  onFailed(error: unknown): void;
}

export interface RecordedBatch {
  readonly size: number;
  /** Whether a delivery is due that was not claimed for this process. */
  readonly hasDueDelivery: boolean;
}

/** Creates the recorder that stores events in Postgres and claims their deliveries while there are free slots. */
export function createRecorder({ db, config, slots, onRecorded, onFailed }: RecorderOptions): Recorder {
  const maxEventsPerPayment = config.MAX_EVENTS_PER_PAYMENT;
  return createBatchRecorder({
    newId: randomUUIDv7,
    async storeBatch(batch, signal) {
      const max = slots.reserveForNew(batch.filter(({ deliver }) => deliver).length);
      const claims = { max, token: randomUUID(), leaseMs: slots.leaseMs };
      const storing = recordBatch(db, batch, { maxEventsPerPayment, signal, claims });
      const result = await slots.measureClaim(storing).catch((error: unknown) => {
        // Claims that were made although the result is unknown will expire.
        slots.send(max, []);
        onFailed(error);
        throw error;
      });
      slots.send(max, result.claims);
      const hasDueDelivery = result.results.some((row) => row.outcome === 'recorded' && row.isDue);
      onRecorded({ size: batch.length, hasDueDelivery });
      return result.results;
    },
  });
}

export interface BatchRecorderOptions {
  /** Stores the rows in one commit; results in their order. `signal` fires when the statement is to be given up. */
  storeBatch(rows: readonly BatchRow[], signal: AbortSignal): Promise<readonly RowResult[]>;
  /** Returns a new UUID v7. */
  newId(): string;
}

interface RecorderState {
  /** Events whose batch has not started, in the order of their arrival. */
  queue: QueuedEvent[];
  /** Payments that are in a running batch. */
  readonly lockedPayments: Set<string>;
  runningBatches: number;
  queueLength: number;
}

/** Creates a recorder over any store: the queue, the batches and their timeouts. */
export function createBatchRecorder(options: BatchRecorderOptions): Recorder {
  const state: RecorderState = { queue: [], lockedPayments: new Set(), runningBatches: 0, queueLength: 0 };
  return {
    queueLength: () => state.queueLength,
    async record(event, { deliver, timeoutMs }) {
      if (state.queueLength >= MAX_WAITING) return { outcome: 'overloaded' };
      state.queueLength += 1;
      const recorded = waitFor(enqueue(state, event, deliver), timeoutMs);
      // Deferred, so that callbacks of the same turn of the event loop share a batch.
      setImmediate(() => startBatches(state, options));
      return recorded.finally(() => {
        state.queueLength -= 1;
      });
    },
  };
}

/** Returns the queued event equal to this one; adds it if there is none. */
function enqueue(state: RecorderState, event: NewEvent, deliver: boolean): QueuedEvent {
  const equal = state.queue.find((queued) => isSameEvent(queued.event, event));
  if (equal !== undefined) return equal;
  const queued: QueuedEvent = { event, deliver, waiters: new Set(), batch: null };
  state.queue.push(queued);
  return queued;
}

/** Waits for the result of the event, but no longer than the callback's response may take. */
function waitFor(queued: QueuedEvent, timeoutMs: number): Promise<RecordResult> {
  const { promise, resolve, reject } = Promise.withResolvers<RecordResult>();
  const waiter = { resolve, reject };
  queued.waiters.add(waiter);
  const timer = setTimeout(() => {
    queued.waiters.delete(waiter);
    const error = new Error('not committed in time');
    queued.batch?.abort(error);
    resolve({ outcome: 'unavailable', error });
  }, timeoutMs);
  return promise.finally(() => clearTimeout(timer));
}

function startBatches(state: RecorderState, options: BatchRecorderOptions): void {
  while (state.runningBatches < MAX_CONCURRENT_BATCHES && state.queue.length > 0) {
    const batch = selectBatch(state.queue, state.lockedPayments);
    if (batch.length === 0) return;
    const selected = new Set(batch);
    state.queue = state.queue.filter((queued) => !selected.has(queued) && queued.waiters.size > 0);
    state.runningBatches += 1;
    void commit(batch, state, options).finally(() => {
      state.runningBatches -= 1;
      startBatches(state, options);
    });
  }
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
