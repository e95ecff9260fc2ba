/** Formats what a run of reconciliation has found, for people and as JSON. Pure. */
import { printable } from '../../lib/printable.ts';
import { formatTable } from '../../lib/text-table.ts';
import { CLOCK_DIFFERENCE_MS, figuresOf, type RunFigures } from '../../reconciliation/outcome.ts';
import { MAX_MISSED } from '../../reconciliation/reconciliation.ts';
import { checkedOf, type PartReport } from '../../reconciliation/run.ts';
import type { EndedRun } from './run-once.ts';

export interface RunReport extends Omit<EndedRun, 'outcome'> {
  readonly environment: string;
  readonly dryRun: boolean;
}

/** Payments that are listed. */
const MAX_LISTED = 50;
const MAX_NOT_REPORTED = 10;

/** Returns the JSON document. */
export function reportJson({ environment, dryRun, parts, missed, error }: RunReport): object {
  return {
    environment,
    dryRun,
    ...figuresOf(parts),
    error,
    providers: parts.map((part) => ({
      provider: part.provider,
      ...figuresOf([part]),
      error: part.error,
      unfinishedAt: part.unfinishedAt,
    })),
    payments: missed.map(({ found, eventId }) => ({
      provider: found.provider,
      paymentId: found.paymentId,
      orderReference: found.payment.orderReference,
      missed: found.missed.facts,
      eventId,
    })),
  };
}

/** Returns the lines for a terminal. */
export function reportLines(report: RunReport): readonly string[] {
  const { parts, notReported, environment } = report;
  return [
    `At Resurs (${environment})`,
    ...formatTable(TITLES, parts.map(rowOf)),
    ...missedLines(report),
    ...laterLines(figuresOf(parts)),
    ...parts.flatMap(unfinishedLine),
    ...listed('Could not be reported:', notReported, MAX_NOT_REPORTED),
    ...parts.flatMap(clockLine),
  ];
}

const TITLES = ['provider', 'checked', 'reported', 'missed', 'not ours', 'too young', 'failed'];

function rowOf({ provider, figures }: PartReport): readonly string[] {
  const { reported, missed, not_ours: notOurs, too_young: tooYoung, failed } = figures;
  return [provider, ...[checkedOf(figures), reported, missed, notOurs, tooYoung, failed].map(String)];
}

function missedLines({ missed, dryRun, parts, error }: RunReport): readonly string[] {
  if (missed.length === 0) {
    const isAll = error === null && figuresOf(parts).tooYoung === 0;
    return ['', isAll ? 'Nothing was missed.' : 'Nothing was missed of what could be judged.'];
  }
  const title = dryRun ? 'Missed, and not reported in a dry run:' : 'Missed, and reported to the merchant now:';
  const rows = missed.slice(0, MAX_LISTED).map(({ found, eventId }) => {
    return [printable(found.paymentId), found.missed.facts.join(', '), eventId ?? ''];
  });
  const hidden = missed.length - rows.length;
  const titles = ['payment', 'missed', ...(dryRun ? [] : ['event'])];
  return ['', title, ...formatTable(titles, rows), ...(hidden === 0 ? [] : [`and ${hidden} more`])];
}

function laterLines({ later, missed }: RunFigures): readonly string[] {
  if (later === 0) return [];
  const reason = missed >= MAX_MISSED ? `: one reports at most ${MAX_MISSED}` : '';
  return ['', `${later} more ${later === 1 ? 'is' : 'are'} for the next run${reason}.`];
}

/** A run with --since begins there again, so it has to be told where to go on. */
function unfinishedLine({ provider, unfinishedAt }: PartReport): readonly string[] {
  if (unfinishedAt === null) return [];
  const at = unfinishedAt.toISOString();
  return ['', `${provider} has more payments than one run looks at. What is left: reconcile --since ${at}`];
}

function listed(title: string, lines: readonly string[], max: number): readonly string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, max);
  const hidden = lines.length - shown.length;
  return ['', title, ...shown.map((line) => `  ${line}`), ...(hidden === 0 ? [] : [`  and ${hidden} more`])];
}

function clockLine({ provider, clockDifferenceMs }: PartReport): readonly string[] {
  if (clockDifferenceMs === null || Math.abs(clockDifferenceMs) < CLOCK_DIFFERENCE_MS) return [];
  const seconds = Math.round(Math.abs(clockDifferenceMs) / 1000);
  const direction = clockDifferenceMs > 0 ? 'ahead of' : 'behind';
  return [
    '',
    `The clock of ${provider} is ${seconds} s ${direction} that of this machine: synchronise this one (NTP).`,
  ];
}
