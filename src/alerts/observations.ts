/** What the rules of the alerts look at. */
import type { JobName, JobState } from '../db/leader-lock.ts';

export interface Observations {
  /** The longest outage of the webhook that a replica has reported in the last minutes. */
  readonly outage: { readonly since: Date; readonly error: string | null } | null;
  /** When the newest dead letter that is left was given up. */
  readonly deadLetterAt: Date | null;
  /** Neither a TEST nor an event of reconciliation. Repeats of the newest events count. */
  readonly lastCallbackAt: Date | null;
  /** When callbacks were first waited for. */
  readonly watchedSince: Date;
  readonly jobs: ReadonlyMap<JobName, JobState>;
  readonly passwordExpiringAt: Date | null;
  /** Since when the oldest delivery that may be sent waits, perhaps in the future. */
  readonly oldestDueAt: Date | null;
  /** Payments of which callbacks were missed in the last day; the count stops at MAX_MISSED. */
  readonly missed: { readonly count: number; readonly lastAt: Date | null };
}

/** Counts of missed payments stop here. */
export const MAX_MISSED = 1_000;
