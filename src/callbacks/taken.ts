/** What one callback came to: enough for the answer and for the log. */
import type { AnswerName } from './answers.ts';
import type { Callback } from './callback.ts';

/** `actual` is the type if valid, else empty; `cause` is for the log. */
export interface Taken {
  readonly answer: AnswerName;
  readonly actual: string;
  readonly paymentId: string | null;
  readonly eventId: string | null;
  readonly cause: unknown;
}

/** Without an event; `cause` is for the log: our own words, or an error. */
export function answered(answer: AnswerName, callback: Callback | null, cause: unknown = null): Taken {
  return { answer, actual: callback?.type ?? '', paymentId: callback?.paymentId ?? null, eventId: null, cause };
}
