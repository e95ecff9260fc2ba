/**
 * `mixed`: four receivers, their Postgres, the network between and the merchant are broken in every way there is, several at
 * a time. In the end nothing is lost, invented, stored twice, out of order or stuck, and the books agree.
 */
import { randomInt } from 'node:crypto';
import { type Command, EXIT, readArguments, type Terminal } from '../../src/commands/command.ts';
import { MAX_SEED, numberOf } from '../lib/arguments.ts';
import { withCleanUp } from '../lib/cleanup.ts';
import { type Findings, printFindings } from '../report.ts';
import { FAULTS } from './faults.ts';
import { runMixed } from './run.ts';
import type { LaneOptions } from './scheduler.ts';

const HELP = `Usage: npm run faults -- mixed [options]

Four processes behind a proxy to one Postgres get callbacks from a sender that tries
again until it is answered 204, while everything around them breaks: two faults of the
service, one of Postgres or the network, and one of the merchant at a time. Then what
was sent, what Postgres holds and what the merchant saw are held against each other.
Needs nothing configured; as root it also fills a small file system of its own.

  --kills N      kill -9 of the service, at least (1000)
  --only F,…     these faults alone
  --seed N       repeats a run as far as time allows (random; printed)
  --short        each fault once or so, for CI
  --json         one JSON document on standard output

Faults: ${wrapped(FAULTS.map(({ name }) => name))}

Exit code 0 only when every promise held.`;

const OPTIONS = {
  kills: { type: 'string' },
  only: { type: 'string' },
  seed: { type: 'string' },
  short: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

type Size = Pick<LaneOptions, 'kills' | 'pauseMs'>;
export const FULL: Size = {
  kills: 1_000,
  // Kills go on nearly without a pause; what they need to be started again, Postgres and merchant, is whole half the time.
  pauseMs: { service: [0, 200], database: [1_500, 4_000], merchant: [500, 1_500] },
};
export const SHORT: Size = { kills: 5, pauseMs: { service: [20, 120], database: [20, 120], merchant: [20, 120] } };

export const mixed: Command = {
  summary: 'the service, Postgres, the network and the merchant broken at the same time',
  help: HELP,
  async run(args, terminal) {
    const parsed = readArguments(args, { help: HELP, options: OPTIONS, terminal });
    if (parsed.outcome === 'ended') return parsed.exitCode;
    const { values } = parsed;
    const size = values.short ? SHORT : FULL;
    const kills = numberOf(values.kills, { otherwise: size.kills });
    const seed = numberOf(values.seed, { otherwise: randomInt(MAX_SEED) });
    const names = values.only?.split(',') ?? FAULTS.map(({ name }) => name);
    const unknown = names.find((name) => !FAULTS.some((fault) => fault.name === name));
    if (Number.isNaN(kills + seed) || unknown !== undefined) {
      const what = unknown === undefined ? '--kills and --seed must be whole numbers' : `no fault is called ${unknown}`;
      terminal.printError(`${what}. Try --help.`);
      return EXIT.usage;
    }
    const faults = FAULTS.filter(({ name }) => names.includes(name));
    const options = { seed, kills, faults, pauseMs: size.pauseMs };
    return printFindings(await playMixed(options, terminal), terminal, values.json);
  },
};

/** One run, from nothing to findings; nothing is left of it. */
export async function playMixed(options: LaneOptions, terminal: Terminal): Promise<Findings> {
  terminal.printError(`Seed ${options.seed}: ${options.faults.length} faults, ${options.kills} kills …`);
  return withCleanUp((cleanUps) => runMixed(options, { cleanUps, terminal }));
}

function wrapped(names: readonly string[]): string {
  return names.join(', ').replace(/(.{60,78}?,) /g, '$1\n  ');
}
