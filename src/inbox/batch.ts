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
  readonly waiters: Set<Waiter>;
  /** Aborts the batch of the event; null until the batch starts. */
  batch: AbortController | null;
}

export interface Waiter {
  resolve(result: RecordResult): void;
  reject(reason: unknown): void;
}

/**
 * Returns the queued event that the callback repeats: same payment, same identity, and no event behind it ends its
 * window.
 */
export function findEqual(queue: readonly QueuedEvent[], event: NewEvent): QueuedEvent | undefined {
  const { key } = event.identity;
  const last = queue.findLast(({ event: { paymentKey, identity } }) => {
    return paymentKey === event.paymentKey && (identity.key === key || identity.endedKeys.includes(key));
  });
  return last?.event.identity.key === key ? last : undefined;
}

/** Selects the first events of the queue that fit: one per payment, and none whose payment is in a running batch. */
export function selectBatch(queue: readonly QueuedEvent[], lockedPayments: ReadonlySet<string>): QueuedEvent[] {
  const payments = new Set(lockedPayments);
  const batch: QueuedEvent[] = [];
  let bytes = 0;
  for (const queued of queue) {
    if (batch.length === MAX_BATCH_SIZE || bytes > MAX_BATCH_BYTES) break;
    if (queued.waiters.size === 0 || payments.has(queued.event.paymentKey)) continue;
    payments.add(queued.event.paymentKey);
    bytes += queued.event.body?.length ?? 0;
    batch.push(queued);
  }
  return batch;
}

/** Returns a function that makes the row for record.ts, with a new id. */
export function toBatchRow(newId: () => string): (queued: QueuedEvent) => BatchRow {
  return ({ event, deliver, waiters }) => ({ id: newId(), event, deliver, receipts: waiters.size });
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
