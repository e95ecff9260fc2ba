/**
 * The callbacks that wait for a commit: which of them fit into one group, and what each is told after it. Pure but for
 * the waiters' promises.
 */
import { classifyDatabaseError } from '../db/errors.ts';
import type { NewEvent } from '../events/event.ts';
import type { BatchRow, RowResult } from './record.ts';

/** `unavailable`: not stored, or unknown; to be sent again. `overloaded`: too many are waiting. */
export type RecordResult =
  | RowResult
  | { readonly outcome: 'unavailable'; readonly error: unknown }
  | { readonly outcome: 'overloaded' };

const MAX_GROUP = 128;
/** Bodies of one group, so that a flood of large ones does not become one huge statement. */
const MAX_GROUP_BYTES = 4 * 1024 * 1024;

/** One fact to store, and the equal callbacks that wait for it. */
export interface QueuedEvent {
  readonly event: NewEvent;
  readonly deliver: boolean;
  readonly waiters: Set<Waiter>;
  /** Set while its group is under way. */
  group: AbortController | null;
}

export interface Waiter {
  resolve(recorded: RecordResult): void;
  reject(reason: unknown): void;
}

/** True for callbacks of one event: same payment, same identity. */
export function isSameEvent(a: NewEvent, b: NewEvent): boolean {
  return a.paymentKey === b.paymentKey && a.identity.key === b.identity.key;
}

/** The first of the queue that fit together: one event a payment, and no payment that is in a group under way. */
export function selectBatch(queue: readonly QueuedEvent[], busyPayments: ReadonlySet<string>): QueuedEvent[] {
  const payments = new Set(busyPayments);
  const group: QueuedEvent[] = [];
  let bytes = 0;
  for (const entry of queue) {
    if (group.length === MAX_GROUP || bytes > MAX_GROUP_BYTES) break;
    if (entry.waiters.size === 0 || payments.has(entry.event.paymentKey)) continue;
    payments.add(entry.event.paymentKey);
    bytes += entry.event.body?.length ?? 0;
    group.push(entry);
  }
  return group;
}

/** What record.ts is handed for an entry, with a fresh id. */
export function toBatchRow(newId: () => string): (entry: QueuedEvent) => BatchRow {
  return ({ event, deliver, waiters }) => ({ id: newId(), event, deliver, receipts: waiters.size });
}

/** Tells everyone who waits for the entry. */
export function settleWaiters({ waiters }: QueuedEvent, result: PromiseSettledResult<RowResult>): void {
  if (result.status === 'rejected') {
    const fault = classifyDatabaseError(result.reason);
    const isRetryable = fault === 'unavailable' || fault === 'conflict';
    for (const { resolve, reject } of waiters) {
      if (isRetryable) resolve({ outcome: 'unavailable', error: result.reason });
      else reject(result.reason);
    }
    return;
  }
  let recorded: RecordResult = result.value;
  for (const { resolve } of waiters) {
    resolve(recorded);
    // The first of equal callbacks is the event; the others found it there.
    if (recorded.outcome === 'recorded') recorded = { outcome: 'duplicate', eventId: recorded.eventId };
  }
}
