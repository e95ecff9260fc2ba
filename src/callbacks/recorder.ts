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
/** docs/protocol.md, Limits: fewer than 256 callbacks waiting are never overload. */
const MAX_WAITING = 1_024;

export interface RecorderOptions {
  store(group: readonly Candidate[], signal: AbortSignal): Promise<readonly Stored[]>;
  /** A new UUID v7. */
  newId(): string;
}

export interface RecordWish {
  /** Whether the merchant is to be told. */
  readonly deliver: boolean;
  /** How long the callback can wait, in milliseconds. */
  readonly patienceMs: number;
}

export interface Recorder {
  /** Stores the event once; resolves after the commit. Rejects only for what nobody foresaw. */
  record(event: NewEvent, wish: RecordWish): Promise<Recorded>;
  /** Callbacks that wait for a commit now. */
  waiting(): number;
}

/** What the recorder remembers between callbacks. */
interface Memory {
  /** Facts whose group has not started, in the order they came. */
  queue: Entry[];
  /** Payments with a group under way. */
  readonly busyPayments: Set<string>;
  groupsUnderWay: number;
  waiting: number;
}

export function createRecorder(options: RecorderOptions): Recorder {
  const memory: Memory = { queue: [], busyPayments: new Set(), groupsUnderWay: 0, waiting: 0 };
  return {
    waiting: () => memory.waiting,
    async record(event, { deliver, patienceMs }) {
      if (memory.waiting >= MAX_WAITING) return { outcome: 'overloaded' };
      memory.waiting += 1;
      const recorded = waitFor(join(memory, event, deliver), patienceMs);
      // What arrives in the same turn of the event loop belongs together.
      setImmediate(() => startGroups(memory, options));
      return recorded.finally(() => {
        memory.waiting -= 1;
      });
    },
  };
}

/** The entry of this fact in the queue, made when there is none. */
function join(memory: Memory, event: NewEvent, deliver: boolean): Entry {
  const equal = memory.queue.find((entry) => isEqual(entry.event, event));
  if (equal !== undefined) return equal;
  const entry: Entry = { event, deliver, waiters: new Set(), group: null };
  memory.queue.push(entry);
  return entry;
}

/** Waits for what becomes of the entry, but not longer than the answer may take. */
function waitFor(entry: Entry, patienceMs: number): Promise<Recorded> {
  const { promise, resolve, reject } = Promise.withResolvers<Recorded>();
  const waiter = { resolve, reject };
  entry.waiters.add(waiter);
  const timer = setTimeout(() => {
    entry.waiters.delete(waiter);
    const error = new Error('no commit in time');
    entry.group?.abort(error);
    resolve({ outcome: 'unavailable', error });
  }, patienceMs);
  return promise.finally(() => clearTimeout(timer));
}

function startGroups(memory: Memory, options: RecorderOptions): void {
  while (memory.groupsUnderWay < MAX_GROUPS_UNDER_WAY && memory.queue.length > 0) {
    const group = chooseGroup(memory.queue, memory.busyPayments);
    if (group.length === 0) return;
    const chosen = new Set(group);
    memory.queue = memory.queue.filter((entry) => !chosen.has(entry) && entry.waiters.size > 0);
    memory.groupsUnderWay += 1;
    void commit(group, memory, options).finally(() => {
      memory.groupsUnderWay -= 1;
      startGroups(memory, options);
    });
  }
}

async function commit(group: readonly Entry[], { busyPayments }: Memory, options: RecorderOptions): Promise<void> {
  const underWay = new AbortController();
  for (const entry of group) {
    entry.group = underWay;
    busyPayments.add(entry.event.paymentKey);
  }
  const store = (items: readonly Candidate[]) => options.store(items, underWay.signal);
  const results = await runGroup(group.map(candidateOf(options.newId)), store);
  group.forEach((entry, index) => {
    busyPayments.delete(entry.event.paymentKey);
    const result = results[index];
    if (result !== undefined) answerWaiters(entry, result);
  });
}
