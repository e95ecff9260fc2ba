/**
 * `replicas`: several processes on one Postgres, a merchant on a bad day, and processes that are killed, stopped and
 * continued. In the end every event is delivered, in order, and the books agree.
 */
import { randomInt } from 'node:crypto';
import { type Command, EXIT, readArguments, type Terminal } from '../../src/commands/command.ts';
import { MAX_SEED, numberOf } from '../lib/arguments.ts';
import { withCleanUp } from '../lib/cleanup.ts';
import { type Findings, printFindings } from '../report.ts';
import { type RunOptions, runReplicas } from './run.ts';

const HELP = `Usage: npm run faults -- replicas [options]

Three processes on one Postgres get callbacks from a sender that tries again until it
is answered 204. The merchant answers 204 nine times in ten and else at random 500,
429 with Retry-After, nothing, or a reset. Every few seconds one process is killed
with kill -9 and started again, and one is stopped (SIGSTOP) and continued, some
longer than their claims last. Some commits are slow while the payment's next callback
comes to another process. Then what was sent, what Postgres holds and what the merchant
saw are held against each other. Needs nothing configured.

  --events N     events in all (5000)
  --payments N   payments they belong to (200)
  --replicas N   processes, at least 2 (3)
  --seed N       repeats a run as far as time allows (random; printed)
  --short        600 events over 40 payments, for CI
  --json         one JSON document on standard output

Exit code 0 only when every promise held.`;

const OPTIONS = {
  events: { type: 'string' },
  payments: { type: 'string' },
  replicas: { type: 'string' },
  seed: { type: 'string' },
  short: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

type Size = Omit<RunOptions, 'seed'>;
export const FULL: Size = {
  events: 5_000,
  payments: 200,
  replicas: 3,
  eventsPerSecond: 65,
  killPauseMs: [2_500, 5_000],
  stopPauseMs: [1_000, 3_000],
  stopMs: [500, 8_000],
  longStopEvery: 3,
};
/** Fewer of everything, but each kind at least once. */
export const SHORT: Size = {
  events: 600,
  payments: 40,
  replicas: 3,
  eventsPerSecond: 60,
  killPauseMs: [1_500, 3_000],
  stopPauseMs: [300, 1_000],
  stopMs: [500, 2_000],
  longStopEvery: 100,
};

export const replicas: Command = {
  summary: 'several processes on one Postgres, killed and stopped while they deliver',
  help: HELP,
  async run(args, terminal) {
    const parsed = readArguments(args, { help: HELP, options: OPTIONS, terminal });
    if (parsed.outcome === 'ended') return parsed.exitCode;
    const { values } = parsed;
    const size = values.short ? SHORT : FULL;
    const options = {
      events: numberOf(values.events, { least: 1, otherwise: size.events }),
      payments: numberOf(values.payments, { least: 1, otherwise: size.payments }),
      replicas: numberOf(values.replicas, { least: 2, otherwise: size.replicas }),
      seed: numberOf(values.seed, { otherwise: randomInt(MAX_SEED) }),
    };
    const wrong = Object.entries(options).find(([, value]) => Number.isNaN(value));
    if (wrong !== undefined) {
      terminal.printError(`--${wrong[0]} must be a whole number, and not that small. Try --help.`);
      return EXIT.usage;
    }
    return printFindings(await playReplicas({ ...size, ...options }, terminal), terminal, values.json);
  },
};

/** One run, from nothing to findings; nothing is left of it. */
export async function playReplicas(options: RunOptions, terminal: Terminal): Promise<Findings> {
  terminal.printError(`Seed ${options.seed}: ${options.events} events, ${options.payments} payments …`);
  return withCleanUp((cleanUps) => runReplicas(options, { cleanUps, terminal }));
}
