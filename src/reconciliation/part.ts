/**
 * What the two parts of a run have in common, that of the eCom API and that of the Merchant API: what they get, and how
 * they end. A part finds the payments, asks Resurs and checks them; storing, ownership and the limit of a run are behind
 * `report`.
 */
import type { Database } from '../db/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { ResursFailure } from '../resurs/failure.ts';
import type { MissedPayment } from './to-event.ts';

/**
 * How a payment was checked. `reported`: nothing is missing. `too_young`: its last change is younger than the grace.
 * `failed`: it could not be read, or its event could not be stored. `later`: the run has found as much as it may.
 */
export const CHECKED_AS = ['reported', 'missed', 'not_ours', 'too_young', 'failed', 'later'] as const;
export type CheckedAs = (typeof CHECKED_AS)[number];

/**
 * What became of missed facts; `reported`: another process has reported them just now. The payments of `failed` and
 * `later` are checked again by the next run.
 */
export type ReportOutcome = Exclude<CheckedAs, 'too_young'>;

/** What a part gets. */
export interface PartOptions {
  readonly db: Database;
  readonly clock: Clock;
  /** How old the last change of a payment has to be, in milliseconds. */
  readonly graceMs: number;
  /** Where to begin; null: at the mark. */
  readonly since: Date | null;
  /** Stores nothing and moves no mark. */
  readonly dryRun: boolean;
  /** Whether the order may be ours: Resurs is not asked for the payment of one that is not. Missing: it may. */
  mayBeOurs?(orderReference: string): Promise<boolean>;
  /** Stores the event of missed facts, if the order is ours. Never rejects because of the database. */
  report(found: MissedPayment): Promise<ReportOutcome>;
  /** Called once for each payment that was checked. */
  onChecked(as: CheckedAs): void;
  /** Fires when the run has to end. */
  readonly signal: AbortSignal;
}

/** How a part ended. `failed`: Resurs could not be asked; what was done before stays. */
export type PartResult =
  | {
      readonly outcome: 'done';
      /** How far Resurs' clock is ahead of ours, in milliseconds; null: not known. */
      readonly clockDifferenceMs: number | null;
      /** There was more than one run looks at, and it came so far; missing: it came to the end. */
      readonly unfinishedAt?: Date | null;
    }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

/** Finds and checks the payments of one interface of Resurs. Rejects when `signal` fires, or for the database. */
export type Part = (options: PartOptions) => Promise<PartResult>;
