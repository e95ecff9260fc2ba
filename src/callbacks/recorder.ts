/**
 * Group commit: callbacks that arrive while a commit is under way share the next one, and all wait for it.
 *
 * A group holds at most one event of a payment (record.ts asks for that); equal callbacks in it become one event with
 * several receipts. Two groups may be under way, never with the same payment. Nobody waits longer than the answer may
 * take: who leaves before the group started is not stored, and when the first leaves whose group is under way, its
 * connection is destroyed, since the outcome is then unknown to all of it and Resurs will come again.
 */
import { runGroup } from '../db/group.ts';
import type { NewEvent } from './event.ts';
import { answerWaiters, candidateOf, chooseGroup, type Entry, isEqual, type Recorded } from './queue.ts';
import type { Candidate, Stored } from './record.ts';

export type { Recorded } from './queue.ts';

const MAX_GROUPS_UNDER_WAY = 2;
/** Contract 4.2: fewer than 256 callbacks waiting are never overload. */
const MAX_WAITING = 1_024;

export interface RecorderOptions {
  store(group: readonly Candidate[], signal: AbortSignal): Promise<readonly Stored[]>;
  /** A new UUID v7. */
  newId(): string;
  /** How long a callback waits at most, in milliseconds. */
  readonly patienceMs: number;
}

export interface Recorder {
  /** Stores the event once; resolves after the commit. Rejects only for what nobody foresaw. */
  record(event: NewEvent, deliver: boolean): Promise<Recorded>;
  /** Callbacks that wait for a commit now. */
  waiting(): number;
}

export function createRecorder(options: RecorderOptions): Recorder {
  let queue: Entry[] = [];
  const busyPayments = new Set<string>();
  let waiting = 0;
  let groupsUnderWay = 0;

  function join(event: NewEvent, deliver: boolean): Entry {
    const equal = queue.find((entry) => isEqual(entry.event, event));
    if (equal !== undefined) return equal;
    const entry: Entry = { event, deliver, waiters: new Set(), group: null };
    queue.push(entry);
    return entry;
  }

  function startGroups(): void {
    while (groupsUnderWay < MAX_GROUPS_UNDER_WAY && queue.length > 0) {
      const group = chooseGroup(queue, busyPayments);
      if (group.length === 0) return;
      const chosen = new Set(group);
      queue = queue.filter((entry) => !chosen.has(entry) && entry.waiters.size > 0);
      groupsUnderWay += 1;
      void commit(group).finally(() => {
        groupsUnderWay -= 1;
        startGroups();
      });
    }
  }

  async function commit(group: readonly Entry[]): Promise<void> {
    const underWay = new AbortController();
    for (const entry of group) {
      entry.group = underWay;
      busyPayments.add(entry.event.paymentKey);
    }
    const results = await runGroup(group.map(candidateOf(options.newId)), (items) =>
      options.store(items, underWay.signal),
    );
    group.forEach((entry, index) => {
      busyPayments.delete(entry.event.paymentKey);
      const result = results[index];
      if (result !== undefined) answerWaiters(entry, result);
    });
  }

  return {
    waiting: () => waiting,
    async record(event, deliver) {
      if (waiting >= MAX_WAITING) return { outcome: 'overloaded' };
      const entry = join(event, deliver);
      const { promise, resolve, reject } = Promise.withResolvers<Recorded>();
      const waiter = { resolve, reject };
      entry.waiters.add(waiter);
      const timer = setTimeout(() => {
        entry.waiters.delete(waiter);
        entry.group?.abort(new Error('the answer left before the commit'));
        resolve({ outcome: 'unavailable', error: new Error('no commit in time') });
      }, options.patienceMs);
      waiting += 1;
      // What arrives in the same turn of the event loop belongs together.
      setImmediate(startGroups);
      return promise.finally(() => {
        waiting -= 1;
        clearTimeout(timer);
      });
    },
  };
}
