/**
 * The result of reading for one event: its snapshot, and how it ended in the words of metrics and log. Pure. Texts of
 * Resurs are left out of it, because they may name a customer, and the reason is kept with the event and sent.
 */
import { failedSnapshot, type Snapshot, snapshotOf } from '../payments/snapshot.ts';
import type { ResursFailure } from '../resurs/failure.ts';
import { READ_TIMEOUT_MS } from './payment-source.ts';
import type { TriedReading } from './tries.ts';

/**
 * `unknown`: Resurs does not know the payment. `paused`: Resurs was not asked. `crowded`: too many events waited.
 * `no_account`: the settings name none.
 */
export const SNAPSHOT_OUTCOMES = ['read', 'unknown', 'failed', 'paused', 'crowded', 'no_account'] as const;
export type SnapshotOutcome = (typeof SNAPSHOT_OUTCOMES)[number];

export interface SnapshotResult {
  readonly outcome: SnapshotOutcome;
  readonly snapshot: Snapshot;
  /** More about a failure, for the log alone. */
  readonly detail?: string;
}

/** Returns the result for an event that has no payment. `reason` is one line. */
export function notRead(outcome: SnapshotOutcome, reason: string): SnapshotResult {
  return { outcome, snapshot: failedSnapshot(reason) };
}

export const CROWDED = notRead('crowded', 'Too many events waited for Resurs.');

/** Returns the result of the tries. */
export function resultOf(reading: TriedReading): SnapshotResult {
  switch (reading.outcome) {
    case 'found':
      return { outcome: 'read', snapshot: snapshotOf(reading.payment) };
    case 'unknown':
      return notRead('unknown', 'Resurs does not know the payment.');
    case 'late':
      return CROWDED;
    case 'failed': {
      const { kind, status, text } = reading.failure;
      const result = notRead(kind === 'paused' ? 'paused' : 'failed', reasonOf(reading.failure));
      // Without a status the text is about the connection, and not of Resurs.
      return status === null ? { ...result, detail: text } : result;
    }
  }
}

/** A number of Resurs, or a word; nothing that may be a person's number. */
const SHOWN_CODE = /^(?:\d{1,4}|[A-Za-z][A-Za-z_.]{0,63})$/;

/** Says in one line why a payment could not be read. */
function reasonOf(failure: ResursFailure): string {
  switch (failure.kind) {
    case 'credentials':
      return `Resurs does not accept the credentials${factsOf(failure)}.`;
    case 'timed_out':
      return `Resurs did not answer within ${READ_TIMEOUT_MS / 1_000} s.`;
    case 'unreachable':
      return 'Resurs could not be reached.';
    case 'paused':
      return 'Resurs was not asked, because it failed too often before, or has asked to wait.';
    case 'limited':
      return `Resurs asked to wait${factsOf(failure)}.`;
    case 'not_understood':
      return `The answer of Resurs could not be read${factsOf(failure)}.`;
    case 'refused':
    case 'already_exists':
    case 'does_not_exist':
      return `Resurs refused to tell${factsOf(failure)}.`;
  }
}

function factsOf({ status, code }: ResursFailure): string {
  const facts = [
    ...(status === null ? [] : [`HTTP ${status}`]),
    ...(code !== null && SHOWN_CODE.test(code) ? [`code ${code}`] : []),
  ];
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`;
}
