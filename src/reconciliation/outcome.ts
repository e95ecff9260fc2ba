/** What a run of reconciliation leaves in the table `jobs`: the command, `GET /status`, metrics and alerts read it. Pure. */
import type { JobOutcome, JobState } from '../db/leader-lock.ts';
import { checkedOf, type PartReport, sumOf } from './run.ts';

/** The result of a run, as it is stored. */
export interface RunFigures {
  readonly checked: number;
  readonly reported: number;
  readonly missed: number;
  readonly notOurs: number;
  readonly tooYoung: number;
  readonly failed: number;
  readonly later: number;
  /** How far Resurs' clock is ahead of ours, of the interface where it is most; null: not known. */
  readonly clockDifferenceMs: number | null;
}

/** A difference of the clocks from here on is reported. */
export const CLOCK_DIFFERENCE_MS = 60_000;

/** With fewer failed payments the run has done its work: one that can never be read is no outage. */
const MANY_FAILED = 10;

/** Returns how the run ended. It has failed if Resurs could not be asked, or if many payments could not be checked. */
export function outcomeOf(reports: readonly PartReport[]): JobOutcome {
  const result = figuresOf(reports);
  const isDone = result.failed < MANY_FAILED && reports.every((report) => report.error === null);
  const error = isDone ? null : errorOf(reports);
  return error === null ? { outcome: 'succeeded', result } : { outcome: 'failed', error, result };
}

/** Returns the figures of all parts together. */
export function figuresOf(reports: readonly PartReport[]): RunFigures {
  const sum = sumOf(reports);
  return {
    checked: checkedOf(sum),
    reported: sum.reported,
    missed: sum.missed,
    notOurs: sum.not_ours,
    tooYoung: sum.too_young,
    failed: sum.failed,
    later: sum.later,
    clockDifferenceMs: clockDifferenceOf(reports),
  };
}

/** Returns why the run is not complete, in one line; null: it is. */
export function errorOf(reports: readonly PartReport[]): string | null {
  const { failed } = sumOf(reports);
  const errors = reports.flatMap(({ error }) => (error === null ? [] : [error]));
  if (failed > 0) errors.push(`${failed} ${failed === 1 ? 'payment' : 'payments'} could not be checked`);
  return errors.length === 0 ? null : errors.join('; ');
}

function clockDifferenceOf(reports: readonly PartReport[]): number | null {
  const known = reports.flatMap(({ clockDifferenceMs }) => (clockDifferenceMs === null ? [] : [clockDifferenceMs]));
  return known.sort((a, b) => Math.abs(b) - Math.abs(a))[0] ?? null;
}

/** What is known of reconciliation; everything is null where it never ran. */
export interface ReconciliationState {
  /** When the last run ended. */
  readonly lastRunAt: Date | null;
  readonly checked: number | null;
  readonly missed: number | null;
  /** Payments that could not be checked; the next run tries again. */
  readonly failed: number | null;
  /** Why the last run failed; null: it did not. */
  readonly error: string | null;
  readonly failedInRow: number;
  readonly clockDifferenceMs: number | null;
}

/** Returns what the job's row says. */
export function reconciliationState(job: JobState | undefined): ReconciliationState {
  const result = job?.result ?? {};
  const figure = (name: keyof RunFigures) => (typeof result[name] === 'number' ? result[name] : null);
  return {
    lastRunAt: job?.finishedAt ?? null,
    checked: figure('checked'),
    missed: figure('missed'),
    failed: figure('failed'),
    error: job?.error ?? null,
    failedInRow: job?.failedInRow ?? 0,
    clockDifferenceMs: figure('clockDifferenceMs'),
  };
}
