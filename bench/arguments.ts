/** Parses the arguments of the benchmark: scenarios by name, and how long and how large they are. Pure. */
import { parseArgs } from 'node:util';

export interface BenchSettings {
  /** Empty: all of them. */
  readonly names: readonly string[];
  readonly json: boolean;
  /** How many times compared variants are measured in turn. */
  readonly rounds: number;
  /** Duration of one measurement under load. */
  readonly seconds: number;
  /** Duration of the load during which memory is sampled. */
  readonly minutes: number;
  /** Maximum number of old events, in the scenario `growth`. */
  readonly old: number;
  /** The folder for CPU profiles of the receivers; null: they are not profiled. */
  readonly profile: string | null;
  /** Callbacks a second, in the scenario `latency`; ascending. */
  readonly rates: readonly number[];
  /** The file for the picture of `latency`; null: none is written. */
  readonly svg: string | null;
  /** The file for the last table as Markdown; null: none is written. */
  readonly markdown: string | null;
}

export type BenchArguments =
  | { readonly outcome: 'parsed'; readonly settings: BenchSettings }
  | { readonly outcome: 'help' }
  | { readonly outcome: 'invalid'; readonly reason: string };

const OPTIONS = {
  json: { type: 'boolean', default: false },
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '4' },
  minutes: { type: 'string', default: '1' },
  old: { type: 'string', default: '5000000' },
  profile: { type: 'string' },
  rates: { type: 'string', default: '50,100,200,500,1000,1500,2000' },
  svg: { type: 'string' },
  markdown: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
/** The scenario that --svg draws. */
const PICTURED = 'latency';
const NUMBERS = ['rounds', 'seconds', 'minutes', 'old'] as const;

/** Parses the arguments. `known` are the names of the scenarios. */
export function parseArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (values.help) return { outcome: 'help' };
    const unknown = positionals.find((name) => !known.includes(name));
    if (unknown !== undefined) return invalid(`unknown scenario ${unknown}; the scenarios are ${known.join(', ')}`);
    const wrong = NUMBERS.find((name) => !/^[0-9]{1,9}$/.test(values[name]) || Number(values[name]) === 0);
    if (wrong !== undefined) return invalid(`--${wrong} must be a whole number above 0`);
    if (!/^[1-9][0-9]{0,5}(,[1-9][0-9]{0,5})*$/.test(values.rates))
      return invalid('--rates must be whole numbers above 0, separated by commas');
    if (values.svg !== undefined && positionals.length > 0 && !positionals.includes(PICTURED))
      return invalid(`--svg needs the scenario ${PICTURED}`);
    const [rounds, seconds, minutes, old] = NUMBERS.map((name) => Number(values[name])) as [
      number,
      number,
      number,
      number,
    ];
    return {
      outcome: 'parsed',
      settings: {
        names: positionals,
        json: values.json,
        rounds,
        seconds,
        minutes,
        old,
        profile: values.profile ?? null,
        rates: values.rates
          .split(',')
          .map(Number)
          .toSorted((a, b) => a - b),
        svg: values.svg ?? null,
        markdown: values.markdown ?? null,
      },
    };
  } catch (error) {
    return invalid(error instanceof Error ? error.message : String(error));
  }
}

function invalid(reason: string): BenchArguments {
  return { outcome: 'invalid', reason };
}
