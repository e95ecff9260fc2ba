/** The outcome of one callback: what the response and the log line need. */
import type { RecordResult } from '../inbox/batch.ts';
import type { OwnershipResult } from '../ownership/ownership.ts';
import { type CallbackResponse, type FixedResponseName, RESPONSES } from './responses.ts';

/** What a callback is about, as far as it is known. */
export interface CallbackSubject {
  /** The type if it is valid, else empty. */
  readonly type: string;
  readonly paymentId: string | null;
}

interface CallbackFacts {
  /** The type if it is valid, else empty. */
  readonly callbackType: string;
  readonly paymentId: string | null;
  readonly eventId: string | null;
  /** For the log only: an explanation, an error, or null. */
  readonly cause: unknown;
}

export type CallbackResult = CallbackFacts &
  ({ readonly response: FixedResponseName } | { readonly response: 'mocked'; readonly mock: CallbackResponse });

/** Creates the result of a callback that has no event. `cause` goes to the log: an explanation or an error. */
export function callbackResult(
  response: FixedResponseName,
  subject: CallbackSubject | null,
  cause: unknown = null,
): CallbackResult {
  return { response, callbackType: subject?.type ?? '', paymentId: subject?.paymentId ?? null, eventId: null, cause };
}

/** Creates the result of a callback that gets a mocked error. */
export function mockedResult(mock: CallbackResponse, { type, paymentId }: CallbackSubject): CallbackResult {
  return { response: 'mocked', mock, callbackType: type, paymentId, eventId: null, cause: null };
}

/** Creates the result of a callback whose order was checked; null when it is ours. */
export function ownershipResult(owned: OwnershipResult, subject: CallbackSubject): CallbackResult | null {
  if (owned.outcome === 'ours') return null;
  if (owned.outcome === 'unknown') return callbackResult('try_again', subject, owned.reason);
  return callbackResult(owned.outcome, subject);
}

/** Creates the result of a callback whose event was to be committed. */
export function recordedResult(recorded: RecordResult, subject: CallbackSubject): CallbackResult {
  switch (recorded.outcome) {
    case 'recorded':
    case 'duplicate': {
      const response = subject.type === 'TEST' ? 'test_taken' : recorded.outcome;
      return { ...callbackResult(response, subject), eventId: recorded.eventId };
    }
    case 'limited':
      return callbackResult('try_again', subject, 'MAX_EVENTS_PER_PAYMENT is reached');
    case 'overloaded':
      return callbackResult('try_again', subject, 'record queue is full');
    case 'unavailable':
      return callbackResult('try_again', subject, recorded.error);
  }
}

/** Returns the response of a result. */
export function responseOf(result: CallbackResult): CallbackResponse {
  return result.response === 'mocked' ? result.mock : RESPONSES[result.response];
}
