/** What one request to the merchant came to, in the words that retry.ts decides by and the database keeps. */
import type { AttemptOutcome } from '../db/schema.ts';

export interface AttemptRecord {
  readonly outcome: AttemptOutcome;
  readonly durationMs: number;
  /** The merchant's HTTP status; null when no answer came. */
  readonly status: number | null;
  /** A code or a few words; null when accepted. */
  readonly error: string | null;
  /** The start of the merchant's answer; null when no answer came. */
  readonly answer: string | null;
}

export interface AttemptResult extends AttemptRecord {
  /** What the merchant asked to wait (429 and 503 only), in milliseconds from the answer; null without a wish. */
  readonly retryAfterMs: number | null;
}

/** Where a delivery goes after an attempt. `waitMs` is the time until the next one. */
export type NextStep = {
  readonly triesUsed: number;
  readonly abandonedInRow: number;
} & ({ readonly state: 'delivered' | 'dead_letter' } | { readonly state: 'pending'; readonly waitMs: number });
