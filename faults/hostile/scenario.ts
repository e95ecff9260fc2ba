/**
 * `hostile`: everything that strangers may throw at a listener, over real sockets, while honest callbacks go on. In the
 * end nothing has crashed, leaked, grown or been stored that had no proof.
 */
import { randomInt } from 'node:crypto';
import { type Command, EXIT, readArguments, type Terminal } from '../../src/commands/command.ts';
import { MAX_SEED, numberOf } from '../lib/arguments.ts';
import { withCleanUp } from '../lib/cleanup.ts';
import { type Findings, printFindings } from '../report.ts';
import { runHostile } from './run.ts';
import type { AttackOptions } from './run-attack.ts';

const HELP = `Usage: npm run faults -- hostile [options]

Three receivers on one Postgres, with every guard, with the digest alone and with Basic
credentials alone, get broken request lines, floods of headers, odd and huge URLs, wrong
digests, smuggled requests, bombs, half-closed and reset connections, slow senders,
thousands of idle connections, and odd questions to the status API. Beside them come
callbacks that are odd but right, and honest ones at a small rate. Then every answer,
every row, the memory, the open files, and everything the receivers said are looked
through. Needs nothing configured.

  --requests N   hostile requests in all (1000000)
  --seed N       repeats a run as far as time allows (random; printed)
  --short        6000 requests and 300 idle connections, for CI
  --json         one JSON document on standard output

Exit code 0 only when every promise held.`;

const OPTIONS = {
  requests: { type: 'string' },
  seed: { type: 'string' },
  short: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

type Size = Omit<AttackOptions, 'seed'>;
export const FULL: Size = { requests: 1_000_000, idleConnections: 10_000, senders: 24 };
export const SHORT: Size = { requests: 6_000, idleConnections: 300, senders: 8 };

export const hostile: Command = {
  summary: 'hostile input over real sockets, while honest callbacks go on',
  help: HELP,
  async run(args, terminal) {
    const parsed = readArguments(args, { help: HELP, options: OPTIONS, terminal });
    if (parsed.outcome === 'ended') return parsed.exitCode;
    const { values } = parsed;
    const size = values.short ? SHORT : FULL;
    const requests = numberOf(values.requests, { otherwise: size.requests });
    const seed = numberOf(values.seed, { otherwise: randomInt(MAX_SEED) });
    if (Number.isNaN(requests + seed)) {
      terminal.printError('--requests and --seed must be whole numbers. Try --help.');
      return EXIT.usage;
    }
    return printFindings(await playHostile({ ...size, requests, seed }, terminal), terminal, values.json);
  },
};

/** One run, from nothing to findings; nothing is left of it. */
export async function playHostile(options: AttackOptions, terminal: Terminal): Promise<Findings> {
  terminal.printError(`Seed ${options.seed}: ${options.requests} requests …`);
  return withCleanUp((cleanUps) => runHostile(options, { cleanUps, terminal }));
}
