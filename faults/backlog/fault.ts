/** A fault of a backlog: what is there in numbers, what it must not do, and the figure that tells what became of it. */
import type { Toll } from '../report.ts';
import type { Stage } from './testbed.ts';

export interface Outcome {
  /** The figure in one line. */
  readonly told: string;
  /** Names in camel case. */
  readonly figures: Readonly<Record<string, number>>;
  /** What broke the promise. */
  readonly faults: readonly string[];
  readonly toll: Partial<Toll>;
}

export interface Fault {
  readonly name: string;
  readonly promise: string;
  happen(stage: Stage): Promise<Outcome>;
}

/** With one digit. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Empty, or the words, when it is not so. */
export function unless(isSo: boolean, words: string): string[] {
  return isSo ? [] : [words];
}
