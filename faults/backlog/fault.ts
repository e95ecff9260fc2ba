/** A fault of `backlog`: a large number of something, the promise it must not break, and the figure that reports it. */
import type { ViolationCounts } from '../report.ts';
import type { BacklogContext } from './testbed.ts';

export interface Outcome {
  /** The figure in one line. */
  readonly summary: string;
  /** Names in camel case. */
  readonly figures: Readonly<Record<string, number>>;
  /** What broke the promise; empty when it was kept. */
  readonly violations: readonly string[];
  readonly violationCounts: Partial<ViolationCounts>;
}

export interface Fault {
  readonly name: string;
  readonly promise: string;
  inject(context: BacklogContext): Promise<Outcome>;
}

/** Rounds to one decimal. */
export function roundTo1(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Returns no violation when the condition is true, else this one. */
export function violationUnless(condition: boolean, violation: string): string[] {
  return condition ? [] : [violation];
}
