/** What the benchmark is asked for: scenarios by name, and how long and how large. Pure. */
import { parseArgs } from 'node:util';

export interface BenchSettings {
  /** Empty: all of them. */
  readonly names: readonly string[];
  readonly json: boolean;
  /** How often things that are compared are measured in turn. */
  readonly rounds: number;
  /** Of one measurement under load. */
  readonly seconds: number;
  /** Of the load under which memory is watched. */
  readonly minutes: number;
  /** Old events at most, in the scenario `growth`. */
  readonly old: number;
  /** Where receivers write CPU profiles; null: they are not profiled. */
  readonly profile: string | null;
}

export type BenchArguments =
  | { readonly outcome: 'asked'; readonly settings: BenchSettings }
  | { readonly outcome: 'refused'; readonly reason: string };

const OPTIONS = {
  json: { type: 'boolean', default: false },
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '4' },
  minutes: { type: 'string', default: '1' },
  old: { type: 'string', default: '5000000' },
  profile: { type: 'string' },
} as const;
const NUMBERS = ['rounds', 'seconds', 'minutes', 'old'] as const;

/** `known` are the names of the scenarios. */
export function parseArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const stranger = positionals.find((name) => !known.includes(name));
    if (stranger !== undefined) return invalid(`there is no scenario ${stranger}; there are ${known.join(', ')}`);
    const wrong = NUMBERS.find((name) => !/^[0-9]{1,9}$/.test(values[name]) || Number(values[name]) === 0);
    if (wrong !== undefined) return invalid(`--${wrong} takes a whole number above 0`);
    const [rounds, seconds, minutes, old] = NUMBERS.map((name) => Number(values[name])) as [
      number,
      number,
      number,
      number,
    ];
    return {
      outcome: 'asked',
      settings: {
        names: positionals,
        json: values.json,
        rounds,
        seconds,
        minutes,
        old,
        profile: values.profile ?? null,
      },
    };
  } catch (error) {
    return invalid(error instanceof Error ? error.message : String(error));
  }
}

function invalid(reason: string): BenchArguments {
  return { outcome: 'refused', reason };
}
