/** Defines a fault scenario: its arguments, its two sizes, and one run that leaves nothing behind. */
import { randomInt } from 'node:crypto';
import { type Command, EXIT, readArguments, type Terminal } from '../src/commands/command.ts';
import { MAX_SEED, parseInteger } from './lib/arguments.ts';
import { type Cleanup, withCleanup } from './lib/cleanup.ts';
import { type Findings, printFindings } from './report.ts';

/** What a run is given beside its options. */
export interface RunContext {
  readonly cleanup: Cleanup;
  readonly terminal: Terminal;
}

interface InvalidArguments {
  readonly outcome: 'invalid';
  readonly reason: string;
}

/** Parsed options, or why the arguments are invalid. */
export type ParseResult<Options> = { readonly outcome: 'parsed'; readonly options: Options } | InvalidArguments;

type Values<Name extends string> = Readonly<Partial<Record<Name, string>>>;

export interface ScenarioDefinition<Name extends string, Size, Options> {
  readonly name: string;
  /** One line for the list of scenarios. */
  readonly summary: string;
  /** Its part of `--help`: what happens, then its own options. */
  readonly help: { readonly story: string; readonly options: string; readonly short: string; readonly notes?: string };
  /** Names of its own options; each takes a value. `--seed`, `--short` and `--json` are added. */
  readonly options: readonly Name[];
  readonly sizes: { readonly full: Size; readonly short: Size };
  /** Turns the values of its own options into the options of a run; without a value, the size decides. */
  parse(values: Values<Name>, size: Size): ParseResult<Options>;
  /** Says what a run with these options does, in a few words. */
  describe(options: Options): string;
  /** Runs once, from nothing to findings. Throws when the terminal asks to stop, or when something does not start. */
  run(options: Options & { readonly seed: number }, context: RunContext): Promise<Findings>;
}

export interface Scenario extends Command {
  readonly name: string;
  /** Runs in full or in short, without printing the findings. */
  runSized(size: { readonly seed: number; readonly isShort: boolean }, terminal: Terminal): Promise<Findings>;
}

/** Makes the command of a scenario. Exit code 0 only when every promise was kept, 64 for invalid arguments. */
export function defineScenario<Name extends string, Size, Options>(
  definition: ScenarioDefinition<Name, Size, Options>,
): Scenario {
  const { name, summary, sizes } = definition;
  const help = helpOf(definition);
  const own = Object.fromEntries(definition.options.map((option) => [option, { type: 'string' }] as const));
  const options = { ...own, seed: { type: 'string' }, short: { type: 'boolean' }, json: { type: 'boolean' } } as const;

  async function runOnce(parsed: Options, seed: number, terminal: Terminal): Promise<Findings> {
    terminal.printError(`Seed ${seed}: ${definition.describe(parsed)} …`);
    return withCleanup((cleanup) => definition.run({ ...parsed, seed }, { cleanup, terminal }));
  }

  return {
    name,
    summary,
    help,
    async run(args, terminal) {
      const read = readArguments(args, { help, options, terminal });
      if (read.outcome === 'ended') return read.exitCode;
      const { short = false, json = false, seed: seedText, ...values } = read.values;
      const parsed = definition.parse(values as Values<Name>, short ? sizes.short : sizes.full);
      const seed = parseSeed(seedText);
      if (parsed.outcome === 'invalid' || seed === null) {
        const reason = parsed.outcome === 'invalid' ? parsed.reason : INVALID_SEED;
        terminal.printError(`${reason}. Try --help.`);
        return EXIT.usage;
      }
      return printFindings(await runOnce(parsed.options, seed, terminal), terminal, json);
    },
    async runSized({ seed, isShort }, terminal) {
      const parsed = definition.parse({} as Values<Name>, isShort ? sizes.short : sizes.full);
      if (parsed.outcome === 'invalid') throw new Error(parsed.reason);
      return runOnce(parsed.options, seed, terminal);
    },
  };
}

export const INVALID_SEED = '--seed must be an integer of at most nine digits';

/** Returns a random seed without text, and null when the text is no seed. */
export function parseSeed(text: string | undefined): number | null {
  const seed = parseInteger(text, { fallback: randomInt(MAX_SEED) });
  return Number.isNaN(seed) ? null : seed;
}

/** Returns the faults of the table that `--only` names, all without it, or the first name that is unknown. */
export function selectFaults<Fault extends { readonly name: string }>(
  table: readonly Fault[],
  only: string | undefined,
): ParseResult<readonly Fault[]> {
  const names = only?.split(',') ?? table.map(({ name }) => name);
  const unknown = names.find((name) => !table.some((fault) => fault.name === name));
  if (unknown !== undefined) return { outcome: 'invalid', reason: `no fault is called ${unknown}` };
  return { outcome: 'parsed', options: table.filter(({ name }) => names.includes(name)) };
}

/** The reason for an option whose value is not an integer of at least `min`. */
export function invalidInteger(name: string, min = 0): InvalidArguments {
  return { outcome: 'invalid', reason: `--${name} must be an integer of at least ${min}` };
}

function helpOf({ name, help }: Pick<ScenarioDefinition<string, unknown, unknown>, 'name' | 'help'>): string {
  return `Usage: npm run faults -- ${name} [options]

${help.story}

${help.options}
  --seed N       repeats a run as far as timing allows (random; printed)
  --short        ${help.short}
  --json         one JSON document on standard output
${help.notes === undefined ? '' : `\n${help.notes}\n`}
Exit code 0 only when every promise was kept.`;
}
