/** Renders what the benchmark measured: tables for a terminal, a JSON document, or the last table as Markdown. Pure. */
import { styleText } from 'node:util';
import { formatTable } from '../src/lib/text-table.ts';
import type { BenchSettings } from './arguments.ts';
import { formatMachine, type Machine } from './machine.ts';
import { formatElapsed } from './progress.ts';
import type { Outcome, Verdict } from './scenario.ts';

export interface BenchReport {
  readonly machine: Machine;
  readonly settings: BenchSettings;
  /** As given on the command line. */
  readonly args: readonly string[];
  /** By scenario; those that failed are missing. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The duration of each scenario. */
  readonly tookMs: ReadonlyMap<string, number>;
}

export function jsonOf(report: BenchReport): string {
  const { machine, settings, outcomes, tookMs } = report;
  const figures = Object.fromEntries([...outcomes].map(([name, outcome]) => [name, outcome.figures]));
  const document = { machine, settings, tookMs: Object.fromEntries(tookMs), figures, verdicts: verdictsOf(report) };
  return JSON.stringify(document, null, 2);
}

/** Returns the lines for a terminal. */
export function linesOf(report: BenchReport): string[] {
  const met = (verdict: Verdict) => {
    const text = metText(verdict);
    return text === '' ? '' : styleText(text === 'yes' ? 'green' : 'red', text);
  };
  const rows = verdictsOf(report).map((one) => [one.figure, one.ours, one.peers, one.aim, met(one)]);
  return [
    formatMachine(report.machine),
    settingsLine(report.settings),
    ...[...report.outcomes.values()].flatMap(({ lines }) => ['', ...lines]),
    '',
    ...formatTable(['Figure', 'Ours', 'Beside', 'Aim', 'Met'], rows),
    '',
    durationsLine(report),
  ];
}

/** Returns a Markdown document: how it was measured, and the table of figures and aims. */
export function markdownOf(report: BenchReport): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const row = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [
    `Command: \`${['npm run bench', ...(report.args.length === 0 ? [] : ['--', ...report.args])].join(' ')}\`.`,
    `${formatMachine(report.machine)}.`,
    `${settingsLine(report.settings)}; median and range.`,
    '',
    row(['figure', 'ours', 'beside', 'aim', 'met']),
    row(Array.from({ length: 5 }, () => '---')),
    ...verdictsOf(report).map((one) => row([one.figure, one.ours, one.peers, one.aim, metText(one)])),
    '',
    durationsLine(report),
    '',
  ].join('\n');
}

function verdictsOf({ outcomes }: BenchReport): Verdict[] {
  return [...outcomes.values()].flatMap(({ verdicts }) => verdicts);
}

function metText({ met }: Verdict): '' | 'yes' | 'no' {
  if (met === null) return '';
  return met ? 'yes' : 'no';
}

function settingsLine({ rounds, seconds, minutes, old, profile }: BenchSettings): string {
  const profiled = profile === null ? '' : '; receivers are profiled, which slows them';
  return `${rounds} rounds of ${seconds} s, memory under load for ${minutes} min, up to ${old} old events${profiled}`;
}

function durationsLine({ tookMs }: BenchReport): string {
  const parts = [...tookMs].map(([name, ms]) => `${name} ${formatElapsed(ms)}`);
  const allMs = [...tookMs.values()].reduce((sum, ms) => sum + ms, 0);
  return `Duration in minutes: ${parts.join(', ')}; in all ${formatElapsed(allMs)}.`;
}
