/**
 * `mixed`: two receivers, their Postgres, the network between and the merchant are broken in every way there is, several at
 * a time. In the end nothing is lost, invented, stored twice, out of order or stuck, and the books agree.
 */
import { randomInt } from 'node:crypto';
import { type Command, EXIT, readArguments, type Terminal } from '../../src/commands/command.ts';
import { withCleanUp } from '../clean-up.ts';
import type { Span } from '../random.ts';
import { hasHeld, jsonReport, textReport } from '../report.ts';
import { runMixed } from './run.ts';
import { FAULTS } from './table.ts';

const HELP = `Usage: npm run faults -- mixed [options]

Two processes behind a proxy to one Postgres get callbacks from a sender that tries
again until it is answered 204, while everything around them breaks, one fault of the
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

const MAX_SEED = 2 ** 31;
const FULL = { kills: 1_000, pauseMs: [300, 1_500] satisfies Span } as const;
const SHORT = { kills: 5, pauseMs: [20, 120] satisfies Span } as const;

export const mixed: Command = {
  summary: 'the service, Postgres, the network and the merchant broken at the same time',
  help: HELP,
  async run(args, terminal) {
    const parsed = readArguments(args, { help: HELP, options: OPTIONS, terminal });
    if (parsed.outcome === 'ended') return parsed.exitCode;
    const { values } = parsed;
    const size = values.short ? SHORT : FULL;
    const kills = numberOf(values.kills, size.kills);
    const seed = numberOf(values.seed, randomInt(MAX_SEED));
    const names = values.only?.split(',') ?? FAULTS.map(({ name }) => name);
    const unknown = names.find((name) => !FAULTS.some((fault) => fault.name === name));
    if (Number.isNaN(kills + seed) || unknown !== undefined) {
      const what = unknown === undefined ? '--kills and --seed must be whole numbers' : `no fault is called ${unknown}`;
      terminal.printError(`${what}. Try --help.`);
      return EXIT.usage;
    }
    const faults = FAULTS.filter(({ name }) => names.includes(name));
    return report({ seed, kills, faults, pauseMs: size.pauseMs }, terminal, values.json);
  },
};

async function report(options: Parameters<typeof runMixed>[0], terminal: Terminal, asJson: boolean): Promise<number> {
  terminal.printError(`Seed ${options.seed}: ${options.faults.length} faults, ${options.kills} kills …`);
  const findings = await withCleanUp((cleanUps) => runMixed(options, { cleanUps, terminal }));
  const lines = asJson ? [jsonReport(findings)] : textReport(findings, process.stdout);
  for (const line of lines) terminal.print(line);
  return hasHeld(findings) ? EXIT.ok : EXIT.failed;
}

/** NaN when it is no such number. */
function numberOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}

function wrapped(names: readonly string[]): string {
  return names.join(', ').replace(/(.{60,78}?,) /g, '$1\n  ');
}
