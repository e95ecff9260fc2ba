/**
 * What a call to Resurs may end with. A refusal is an outcome and not an error: it says which interface refused what, with
 * Resurs' own code and text, because those are what an operator can ask Resurs about.
 */

/** The kinds that something follows from; `refused` is everything else that Resurs said no to. */
export type FailureKind =
  | 'already_exists'
  | 'does_not_exist'
  | 'credentials'
  | 'refused'
  | 'unreachable'
  | 'timed_out'
  | 'not_understood';

/** One call that failed. No part of it holds a salt or a password. */
export interface ResursFailure {
  readonly channel: 'REST' | 'SOAP';
  /** As `POST /callbacks/BOOKED` or `registerEventCallback BOOKED`. */
  readonly operation: string;
  readonly kind: FailureKind;
  /** The HTTP status, or null when there was no answer. */
  readonly status: number | null;
  /** Resurs' own error code, or null when it gave none. */
  readonly code: string | null;
  /** Resurs' own text, else ours; one line. */
  readonly text: string;
}

/** How a call ended. */
export type ResursResult<T> =
  | { readonly outcome: 'done'; readonly value: T }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

/** One line for people: interface, call, status, code and text. */
export function describeFailure({ channel, operation, status, code, text }: ResursFailure): string {
  const facts = [status === null ? null : `HTTP ${status}`, code === null ? null : `code ${code}`].filter(
    (fact) => fact !== null,
  );
  return `${channel} ${operation}: ${facts.length === 0 ? '' : `${facts.join(', ')}: `}${text}`;
}
