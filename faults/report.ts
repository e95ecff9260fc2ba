/** What a scenario found, for people as figures and verdicts, or as one JSON document. */
import { styleText } from 'node:util';

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
}

export interface FaultCount {
  readonly name: string;
  readonly survived: number;
  /** Why it cannot be done here; null when it can. */
  readonly skipped: string | null;
}

/** Faults of one promise that are shown; a broken run has thousands of the same kind. */
const MAX_SHOWN = 8;

export function hasHeld({ verdicts }: Findings): boolean {
  return verdicts.every(({ faults }) => faults.length === 0);
}

export function jsonReport(findings: Findings): string {
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
    ...table,
    '',
    ...faultLines(findings.faults ?? []),
    ...verdicts.flatMap((verdict) => verdictLines(verdict, stream)),
    '',
    `${last} Seed ${seed}.`,
  ];
}

function faultLines(faults: readonly FaultCount[]): string[] {
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
