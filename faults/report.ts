/** What a scenario found, for people as figures and verdicts, or as one JSON document. */
import { styleText } from 'node:util';
import { EXIT, type Terminal } from '../src/commands/command.ts';

/** A promise with what breaks it; nothing when it held. */
export interface Verdict {
  readonly promise: string;
  readonly faults: readonly string[];
}

export interface Findings {
  readonly scenario: string;
  readonly seed: number;
  /** Names in camel case; the report for people spells them out. */
  readonly figures: Readonly<Record<string, number>>;
  readonly verdicts: readonly Verdict[];
  /** Where faults are chosen by name: what became of each. */
  readonly faults?: readonly FaultCount[];
  readonly toll: Partial<Toll>;
  /** For people alone, before the figures. */
  readonly lines?: readonly string[];
}

/** What must not be, counted; a scenario leaves out what it cannot judge. */
export interface Toll {
  /** Answered 204 and not stored, or called delivered and never accepted by the merchant. */
  readonly lost: number;
  readonly invented: number;
  readonly storedTwice: number;
  readonly outOfOrder: number;
  /** Not delivered, or never taken, long after everything was whole again. */
  readonly stuck: number;
}

export interface FaultCount {
  readonly name: string;
  readonly survived: number;
  /** Why it cannot be done here; null when it can. */
  readonly skipped: string | null;
}

/** Faults of one promise that are shown; a broken run has thousands of the same kind. */
const MAX_SHOWN = 8;

const TOLL = [
  ['lost', 'lost'],
  ['invented', 'invented'],
  ['storedTwice', 'twice stored'],
  ['outOfOrder', 'out of order'],
  ['stuck', 'stuck'],
] as const;

export function hasHeld({ verdicts }: Findings): boolean {
  return verdicts.every(({ faults }) => faults.length === 0);
}

/** Prints them; returns the exit code, which is 0 only when every promise held. */
export function printFindings(findings: Findings, terminal: Terminal, asJson: boolean): number {
  const lines = asJson ? [jsonReport(findings)] : textReport(findings, process.stdout);
  for (const line of lines) terminal.print(line);
  return hasHeld(findings) ? EXIT.ok : EXIT.failed;
}

export function jsonReport({ lines: _, ...findings }: Findings): string {
  const verdicts = findings.verdicts.map(({ promise, faults }) => ({
    promise,
    held: faults.length === 0,
    faults: faults.slice(0, MAX_SHOWN),
  }));
  return JSON.stringify({ ...findings, held: hasHeld(findings), verdicts }, null, 2);
}

/** The lines for a terminal; colours only where `stream` is one that wants them. */
export function textReport(findings: Findings, stream: NodeJS.WriteStream): string[] {
  const { figures, verdicts, seed } = findings;
  const width = Math.max(...Object.keys(figures).map((name) => spelledOut(name).length));
  const table = Object.entries(figures).map(
    ([name, value]) => `  ${spelledOut(name).padEnd(width)}  ${String(value).padStart(7)}`,
  );
  const broken = verdicts.filter(({ faults }) => faults.length > 0).length;
  const last =
    broken === 0
      ? styleText('green', 'Every promise held.', { stream })
      : styleText('red', `${broken} of ${verdicts.length} promises are broken.`, { stream });
  return [
    '',
    ...(findings.lines ?? []),
    '',
    ...table,
    '',
    ...faultLines(findings.faults ?? []),
    ...verdicts.flatMap((verdict) => verdictLines(verdict, stream)),
    '',
    `In all: ${tollLine(findings.toll)}.`,
    `${last} Seed ${seed}.`,
  ];
}

/** `lost 0, invented 0, …`, without what was not judged. */
export function tollLine(toll: Partial<Toll>): string {
  return TOLL.flatMap(([name, words]) => (toll[name] === undefined ? [] : [`${words} ${toll[name]}`])).join(', ');
}

export function faultLines(faults: readonly FaultCount[]): string[] {
  if (faults.length === 0) return [];
  const width = Math.max(...faults.map(({ name }) => name.length));
  const lines = faults.map(({ name, survived, skipped }) => {
    const what = skipped === null ? String(survived).padStart(7) : `skipped: ${skipped}`;
    return `  ${name.padEnd(width)}  ${what}`;
  });
  return ['Faults survived', ...lines, ''];
}

function verdictLines({ promise, faults }: Verdict, stream: NodeJS.WriteStream): string[] {
  if (faults.length === 0) return [`${styleText('green', '✓', { stream })} ${promise}`];
  const more = faults.length > MAX_SHOWN ? [`    … and ${faults.length - MAX_SHOWN} more`] : [];
  const shown = faults.slice(0, MAX_SHOWN).map((fault) => `    ${fault.replaceAll('\n', '\n    ')}`);
  return [`${styleText('red', '✗', { stream })} ${promise}`, ...shown, ...more];
}

function spelledOut(name: string): string {
  return name.replace(/[A-Z]|\d+/g, (start) => ` ${start.toLowerCase()}`);
}
