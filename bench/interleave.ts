/**
 * Measures variants in turn, several times. A disturbance of the machine then hits all of them, and a ratio is taken
 * only between neighbours. The order rotates with every round, so that no variant always follows the pause.
 */
import { type Rounds, roundRatios } from './percentiles.ts';
import type { Progress } from './progress.ts';

/** One of the compared variants. `measure` runs it once and returns a rate. */
export interface Variant {
  readonly name: string;
  measure(): Promise<number>;
}

export interface InterleaveOptions extends Progress {
  readonly rounds: number;
}

/** Returns the rates of each variant by its name, in the order of the rounds. */
export async function measureInterleaved(
  variants: readonly Variant[],
  options: InterleaveOptions,
): Promise<ReadonlyMap<string, number[]>> {
  const rates = new Map(variants.map(({ name }): [string, number[]] => [name, []]));
  for (let round = 0; round < options.rounds; round += 1) {
    for (const { name, measure } of rotate(variants, round)) {
      options.show(`round ${round + 1} of ${options.rounds}: ${name}`);
      rates.get(name)?.push(await measure());
    }
    const last = [...rates].map(([name, all]) => `${name} ${all.at(-1)?.toFixed(0)}/s`);
    options.report(`round ${round + 1} of ${options.rounds}: ${last.join(', ')}`);
  }
  return rates;
}

/**
 * Divides the rates of `name` by those of each other variant, round by round. Returns the ratios by the other's name.
 */
export function ratiosTo(name: string, measured: ReadonlyMap<string, readonly number[]>): Record<string, Rounds> {
  const ours = measured.get(name) ?? [];
  const others = [...measured].filter(([other]) => other !== name);
  return Object.fromEntries(others.map(([other, all]) => [other, roundRatios(ours, all)]));
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
