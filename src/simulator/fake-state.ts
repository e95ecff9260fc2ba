/** What a fake Resurs holds: registrations, payments of both interfaces, and the calls that it got. */
import { EventEmitter, once } from 'node:events';
import type { CompletedCall } from './api/quirks.ts';
import { createFakeRegistry, type FakeRegistry } from './api/registry.ts';
import { createFakeMapiPayments, type FakeMapiPayments } from './mapi/payments.ts';
import { createFakePayments, type FakePayments } from './payments.ts';

/** What is registered, and what has happened. */
export interface FakeState {
  readonly registry: FakeRegistry;
  readonly payments: FakePayments;
  readonly mapiPayments: FakeMapiPayments;
}

/** Creates it empty. */
export function createFakeState(now: () => number): FakeState {
  return {
    registry: createFakeRegistry(),
    payments: createFakePayments(now),
    mapiPayments: createFakeMapiPayments(),
  };
}

/** Every call so far. */
export interface CallRecord {
  readonly calls: readonly CompletedCall[];
  readonly onCall: (call: CompletedCall) => void;
  /** Resolves with the next call; rejects if `signal` fires before. */
  readonly nextCall: (signal: AbortSignal | undefined) => Promise<unknown>;
}

/** Creates it empty; `listener` hears of each call once it is kept. */
export function createCallRecord(listener: ((call: CompletedCall) => void) | undefined): CallRecord {
  const calls: CompletedCall[] = [];
  const events = new EventEmitter();
  return {
    calls,
    onCall(call) {
      calls.push(call);
      events.emit('call');
      listener?.(call);
    },
    nextCall: (signal) => once(events, 'call', { signal }),
  };
}
