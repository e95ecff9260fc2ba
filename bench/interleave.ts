/**
 * Things measured in turn, several times. What disturbs the machine then disturbs all of them, and a ratio is taken only
 * between neighbours. The order turns with every round, so that none is always the one after the pause.
 */
import { type Rounds, ratiosOf } from './percentiles.ts';

/** One of the things that are compared: measures once and gives a rate. */
export interface Arm {
  readonly name: string;
  measure(): Promise<number>;
}

export interface InTurn {
  readonly rounds: number;
  report(line: string): void;
}

/** The rates of each arm by its name, in the order of the rounds. */
export async function measureInTurn(arms: readonly Arm[], options: InTurn): Promise<ReadonlyMap<string, number[]>> {
  const rates = new Map(arms.map(({ name }): [string, number[]] => [name, []]));
  for (let round = 0; round < options.rounds; round += 1) {
    for (const { name, measure } of turned(arms, round)) rates.get(name)?.push(await measure());
    const last = [...rates].map(([name, all]) => `${name} ${all.at(-1)?.toFixed(0)}/s`);
    options.report(`round ${round + 1} of ${options.rounds}: ${last.join(', ')}`);
  }
  return rates;
}

/** What `name` measured divided by each of the others, round by round, by their names. */
export function ratiosTo(name: string, measured: ReadonlyMap<string, readonly number[]>): Record<string, Rounds> {
  const ours = measured.get(name) ?? [];
  const others = [...measured].filter(([other]) => other !== name);
  return Object.fromEntries(others.map(([other, all]) => [other, ratiosOf(ours, all)]));
}

function turned<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
