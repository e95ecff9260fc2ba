/**
 * One run of reconciliation: the parts one after the other, each over one interface of Resurs. A part that failed does
 * not stop the next one.
 */
import type { Provider } from '../db/schema.ts';
import { errorSummary } from '../lib/errors.ts';
import { describeFailure } from '../resurs/failure.ts';
import { CHECKED_AS, type CheckedAs, type Part, type PartOptions, type PartResult } from './part.ts';

/** The part of one interface of Resurs, for which an account is configured. */
export interface ProviderPart {
  readonly provider: Provider;
  readonly check: Part;
}

/** How many payments were checked, by how. */
export type Figures = Readonly<Record<CheckedAs, number>>;

/** What a part has found. */
export interface PartReport {
  readonly provider: Provider;
  readonly figures: Figures;
  /** How far Resurs' clock is ahead of ours, in milliseconds; null: not known. */
  readonly clockDifferenceMs: number | null;
  /** Its search was longer than one run may walk, and came so far; null: it came to the end, or failed. */
  readonly unfinishedAt: Date | null;
  /** Why Resurs could not be asked, in one line; null: it was. */
  readonly error: string | null;
}

export interface RunOptions extends Omit<PartOptions, 'onChecked'> {
  readonly parts: readonly ProviderPart[];
  /** Called after each payment, with the figures of its part. */
  onProgress?(provider: Provider, figures: Figures): void;
}

/** Checks everything once. Rejects when `signal` fires; what was reported before stays. */
export async function reconcile({ parts, onProgress, ...rest }: RunOptions): Promise<readonly PartReport[]> {
  const reports: PartReport[] = [];
  for (const { provider, check } of parts) {
    rest.signal.throwIfAborted();
    const figures = noFigures();
    const onChecked = (as: CheckedAs) => {
      figures[as] += 1;
      onProgress?.(provider, figures);
    };
    const result = await check({ ...rest, onChecked }).catch(notRun);
    rest.signal.throwIfAborted();
    reports.push({ provider, figures, ...ended(result) });
  }
  return reports;
}

/** Adds up the figures of several parts. */
export function sumOf(reports: readonly Pick<PartReport, 'figures'>[]): Figures {
  const sum = noFigures();
  for (const { figures } of reports) for (const as of CHECKED_AS) sum[as] += figures[as];
  return sum;
}

/** How many payments were checked. */
export function checkedOf(figures: Figures): number {
  return CHECKED_AS.reduce((sum, as) => sum + figures[as], 0);
}

interface NotRun {
  readonly outcome: 'not_run';
  readonly error: unknown;
}

/** The database failed, or the part did. */
function notRun(error: unknown): NotRun {
  return { outcome: 'not_run', error };
}

function ended(result: PartResult | NotRun): Pick<PartReport, 'clockDifferenceMs' | 'unfinishedAt' | 'error'> {
  switch (result.outcome) {
    case 'done':
      return {
        clockDifferenceMs: result.clockDifferenceMs,
        unfinishedAt: result.unfinishedAt ?? null,
        error: null,
      };
    case 'failed':
      return { clockDifferenceMs: null, unfinishedAt: null, error: describeFailure(result.failure) };
    case 'not_run':
      return { clockDifferenceMs: null, unfinishedAt: null, error: errorSummary(result.error) };
  }
}

function noFigures(): Record<CheckedAs, number> {
  return { reported: 0, missed: 0, not_ours: 0, too_young: 0, failed: 0, later: 0 };
}
