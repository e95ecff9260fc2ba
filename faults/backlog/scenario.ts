/**
 * `backlog`: what waits, what was, and what is looked at in numbers that a shop has after years or after an outage of weeks.
 * No statement may cost more for it, nobody may starve, and in the end everything is delivered in order.
 */
import { randomInt } from 'node:crypto';
import { type Command, EXIT, readArguments, type Terminal } from '../../src/commands/command.ts';
import { MAX_SEED, numberOf } from '../lib/arguments.ts';
import { withCleanUp } from '../lib/cleanup.ts';
import { type Findings, printFindings } from '../report.ts';
import { FAULTS } from './faults.ts';
import { type RunOptions, runBacklog } from './run.ts';

const HELP = `Usage: npm run faults -- backlog [options]

Long backlogs and long histories, one fault after the other, each on a database of its
own: thousands that wait all at once behind statistics that know of none; a merchant who
is away and comes back; very many payments with several unfinished events; thousands of
dead letters sent again; looking without a pause; retention beside very many unfinished
events; and a merchant away for a month with 1000000 callbacks, two receivers, and kills
while the backlog goes. Each is told by its figure. Needs nothing configured.

  --only NAMES   only these, separated by commas:
                 ${FAULTS.slice(0, 4)
                   .map(({ name }) => name)
                   .join(', ')},
                 ${FAULTS.slice(4)
                   .map(({ name }) => name)
                   .join(', ')}
  --events N     events of the month (1000000)
  --seed N       repeats a run as far as time allows (random; printed)
  --short        smaller numbers, and times are told and not judged, for CI
  --json         one JSON document on standard output

Exit code 0 only when every promise held.`;

const OPTIONS = {
  only: { type: 'string' },
  events: { type: 'string' },
  seed: { type: 'string' },
  short: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

type Size = Pick<RunOptions, 'isShort' | 'monthEvents'>;
export const FULL: Size = { isShort: false, monthEvents: 1_000_000 };
export const SHORT: Size = { isShort: true, monthEvents: 20_000 };
/** Below this the backlog is gone before anybody can be killed. */
const LEAST_EVENTS = 1_000;

export const backlog: Command = {
  summary: 'long backlogs and histories, and a merchant who was away for a month',
  help: HELP,
  async run(args, terminal) {
    const parsed = readArguments(args, { help: HELP, options: OPTIONS, terminal });
    if (parsed.outcome === 'ended') return parsed.exitCode;
    const { values } = parsed;
    const size = values.short ? SHORT : FULL;
    const monthEvents = numberOf(values.events, { least: LEAST_EVENTS, otherwise: size.monthEvents });
    const seed = numberOf(values.seed, { otherwise: randomInt(MAX_SEED) });
    const names = values.only?.split(',') ?? FAULTS.map(({ name }) => name);
    const unknown = names.find((name) => !FAULTS.some((fault) => fault.name === name));
    if (Number.isNaN(seed + monthEvents) || unknown !== undefined) {
      const what =
        unknown === undefined
          ? '--seed and --events must be whole numbers, and not that small'
          : `no fault is called ${unknown}`;
      terminal.printError(`${what}. Try --help.`);
      return EXIT.usage;
    }
    const faults = FAULTS.filter(({ name }) => names.includes(name));
    return printFindings(await playBacklog({ ...size, monthEvents, seed, faults }, terminal), terminal, values.json);
  },
};

/** One run, from nothing to findings; nothing is left of it. */
export async function playBacklog(options: RunOptions, terminal: Terminal): Promise<Findings> {
  terminal.printError(`Seed ${options.seed}: ${options.faults.length} faults of a backlog …`);
  return withCleanUp((cleanUps) => runBacklog(options, { cleanUps, terminal }));
}
