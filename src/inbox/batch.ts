/**
 * Selects which queued events share a commit, and gives each waiting callback its result after it. Pure except for the
 * promises of the waiters.
 */
import { classifyDatabaseError } from '../db/errors.ts';
import type { NewEvent } from '../events/event.ts';
import type { BatchRow, RowResult } from './record.ts';

/** `unavailable`: not stored, or unknown; Resurs has to retry. `overloaded`: the queue is full. */
export type RecordResult =
  | RowResult
  | { readonly outcome: 'unavailable'; readonly error: unknown }
  | { readonly outcome: 'overloaded' };

const MAX_BATCH_SIZE = 128;
/** Bodies of one batch, so that a flood of large ones does not become one huge statement. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** One event to store, and the equal callbacks that wait for it. */
export interface QueuedEvent {
  readonly event: NewEvent;
  readonly deliver: boolean;
  /** In the order of their arrival. */
  readonly waiters: Waiter[];
  /** Aborts the batch of the event; null until the batch starts. */
  batch: AbortController | null;
}

export interface Waiter {
  resolve(result: RecordResult): void;
  reject(reason: unknown): void;
}

/**
 * Events whose batch has not started, by payment, and in the order of their arrival within each. The payment that has
 * waited longest comes first.
 */
export type Queue = Map<string, QueuedEvent[]>;

/** Returns the queued event that the callback repeats; adds one if there is none. */
export function enqueue(queue: Queue, event: NewEvent, deliver: boolean): QueuedEvent {
  const ofPayment = queue.get(event.paymentKey) ?? [];
  const equal = findEqual(ofPayment, event);
  if (equal !== undefined) return equal;
  const queued: QueuedEvent = { event, deliver, waiters: [], batch: null };
  ofPayment.push(queued);
  if (ofPayment.length === 1) queue.set(event.paymentKey, ofPayment);
  return queued;
}

/** Finds the event of the payment with the same identity, unless an event behind it ends its window. */
function findEqual(ofPayment: readonly QueuedEvent[], event: NewEvent): QueuedEvent | undefined {
  const { key } = event.identity;
  const last = ofPayment.findLast(
    ({ event: { identity } }) => identity.key === key || identity.endedKeys.includes(key),
  );
  return last?.event.identity.key === key ? last : undefined;
}

/** Removes an event; ignores one whose batch has started. */
export function dequeue(queue: Queue, queued: QueuedEvent): void {
  const { paymentKey } = queued.event;
  const others = queue.get(paymentKey)?.filter((other) => other !== queued) ?? [];
  if (others.length === 0) queue.delete(paymentKey);
  else queue.set(paymentKey, others);
}

/**
 * Removes and returns the events of a batch: as many as fit, one per payment, and none whose payment is in a running
 * batch. A payment that has further events waits behind all others.
 */
export function takeBatch(queue: Queue, lockedPayments: ReadonlySet<string>): QueuedEvent[] {
  const batch: QueuedEvent[] = [];
  let bytes = 0;
  for (const [paymentKey, ofPayment] of queue) {
    if (batch.length === MAX_BATCH_SIZE || bytes > MAX_BATCH_BYTES) break;
    const first = lockedPayments.has(paymentKey) ? undefined : ofPayment.shift();
    if (first === undefined) continue;
    bytes += first.event.body?.length ?? 0;
    batch.push(first);
  }
  // After the loop, which would otherwise reach them again.
  for (const { event } of batch) moveToEnd(queue, event.paymentKey);
  return batch;
}

function moveToEnd(queue: Queue, paymentKey: string): void {
  const ofPayment = queue.get(paymentKey) ?? [];
  queue.delete(paymentKey);
  if (ofPayment.length > 0) queue.set(paymentKey, ofPayment);
}

/** Returns a function that makes the row for record.ts, with a new id. */
export function toBatchRow(newId: () => string): (queued: QueuedEvent) => BatchRow {
  return ({ event, deliver, waiters }) => ({ id: newId(), event, deliver, receipts: waiters.length });
}

/** Gives every waiter of the event its result. An error rejects them, unless a retry can succeed. */
export function settleWaiters({ waiters }: QueuedEvent, result: PromiseSettledResult<RowResult>): void {
  if (result.status === 'rejected') {
    const kind = classifyDatabaseError(result.reason);
    const isRetryable = kind === 'unavailable' || kind === 'conflict';
    for (const { resolve, reject } of waiters) {
      if (isRetryable) resolve({ outcome: 'unavailable', error: result.reason });
      else reject(result.reason);
    }
    return;
  }
  let recorded: RecordResult = result.value;
  for (const { resolve } of waiters) {
    resolve(recorded);
    // The first of equal callbacks is the event; the others are its duplicates.
    if (recorded.outcome === 'recorded') recorded = { outcome: 'duplicate', eventId: recorded.eventId };
  }
}
