/** Reports what a scenario found: figures and verdicts for people, or one JSON document. */
import { styleText } from 'node:util';
import { EXIT, type Terminal } from '../src/commands/command.ts';

/** A promise with its violations; none when it was kept. */
export interface Verdict {
  readonly promise: string;
  readonly violations: readonly string[];
}

export interface Findings {
  readonly scenario: string;
  readonly seed: number;
  /** Names in camel case; the report for people spells them out. */
  readonly figures: Readonly<Record<string, number>>;
  readonly verdicts: readonly Verdict[];
  /** How often each named fault was survived. */
  readonly faults?: readonly FaultCount[];
  readonly violationCounts: Partial<ViolationCounts>;
  /** Printed for people only, before the figures. */
  readonly lines?: readonly string[];
}

/** The numbers that must be 0; a scenario leaves out those that it does not check. */
export interface ViolationCounts {
  /** Answered 204 and not stored, or recorded as delivered and never accepted by the merchant. */
  readonly lost: number;
  readonly invented: number;
  readonly storedTwice: number;
  readonly outOfOrder: number;
  /** Not delivered, or never accepted, long after everything worked again. */
  readonly stuck: number;
}

export interface FaultCount {
  readonly name: string;
  readonly survived: number;
  /** Why it cannot be injected here; null when it can. */
  readonly skipped: string | null;
}

/** Violations shown for one promise; a broken run has thousands of the same kind. */
const MAX_SHOWN = 8;

const VIOLATION_LABELS = [
  ['lost', 'lost'],
  ['invented', 'invented'],
  ['storedTwice', 'twice stored'],
  ['outOfOrder', 'out of order'],
  ['stuck', 'stuck'],
] as const;

/** Reports whether every promise was kept. */
export function allKept({ verdicts }: Findings): boolean {
  return verdicts.every(({ violations }) => violations.length === 0);
}

/** Prints the findings; returns the exit code, which is 0 only when every promise was kept. */
export function printFindings(findings: Findings, terminal: Terminal, asJson: boolean): number {
  const lines = asJson ? [jsonReport(findings)] : textReport(findings, process.stdout);
  for (const line of lines) terminal.print(line);
  return allKept(findings) ? EXIT.ok : EXIT.failed;
}

/** Renders one JSON document; of each promise, the first violations only. */
export function jsonReport({ lines: _, ...findings }: Findings): string {
  const verdicts = findings.verdicts.map(({ promise, violations }) => ({
    promise,
    kept: violations.length === 0,
    violations: violations.slice(0, MAX_SHOWN),
  }));
  return JSON.stringify({ ...findings, kept: allKept(findings), verdicts }, null, 2);
}

/** Renders the lines for a terminal; colours only where `stream` supports them. */
export function textReport(findings: Findings, stream: NodeJS.WriteStream): string[] {
  const { figures, verdicts, seed } = findings;
  const width = Math.max(...Object.keys(figures).map((name) => spelledOut(name).length));
  const table = Object.entries(figures).map(
    ([name, value]) => `  ${spelledOut(name).padEnd(width)}  ${String(value).padStart(7)}`,
  );
  const broken = verdicts.filter(({ violations }) => violations.length > 0).length;
  const last =
    broken === 0
      ? styleText('green', 'Every promise was kept.', { stream })
      : styleText('red', `${broken} of ${verdicts.length} promises were broken.`, { stream });
  return [
    '',
    ...(findings.lines ?? []),
    '',
    ...table,
    '',
    ...faultLines(findings.faults ?? []),
    ...verdicts.flatMap((verdict) => verdictLines(verdict, stream)),
    '',
    `In all: ${violationLine(findings.violationCounts)}.`,
    `${last} Seed ${seed}.`,
  ];
}

/** Formats `lost 0, invented 0, …`, without the numbers that were not checked. */
export function violationLine(counts: Partial<ViolationCounts>): string {
  return VIOLATION_LABELS.flatMap(([name, words]) =>
    counts[name] === undefined ? [] : [`${words} ${counts[name]}`],
  ).join(', ');
}

/** Formats a table of faults with how often each was survived, or why it was skipped. */
export function faultLines(faults: readonly FaultCount[]): string[] {
  if (faults.length === 0) return [];
  const width = Math.max(...faults.map(({ name }) => name.length));
  const lines = faults.map(({ name, survived, skipped }) => {
    const result = skipped === null ? String(survived).padStart(7) : `skipped: ${skipped}`;
    return `  ${name.padEnd(width)}  ${result}`;
  });
  return ['Faults survived', ...lines, ''];
}

function verdictLines({ promise, violations }: Verdict, stream: NodeJS.WriteStream): string[] {
  if (violations.length === 0) return [`${styleText('green', '✓', { stream })} ${promise}`];
  const more = violations.length > MAX_SHOWN ? [`    … and ${violations.length - MAX_SHOWN} more`] : [];
  const shown = violations.slice(0, MAX_SHOWN).map((text) => `    ${text.replaceAll('\n', '\n    ')}`);
  return [`${styleText('red', '✗', { stream })} ${promise}`, ...shown, ...more];
}

/** Turns a name in camel case into words. */
function spelledOut(name: string): string {
  return name.replace(/[A-Z]|\d+/g, (start) => ` ${start.toLowerCase()}`);
}
