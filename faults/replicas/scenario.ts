/**
 * `replicas`: several processes on one Postgres and a flaky merchant; the processes are killed, stopped and continued.
 * At the end every event is delivered, in order, and all records agree.
 */
import { parseInteger } from '../lib/arguments.ts';
import { defineScenario, invalidInteger } from '../scenario.ts';
import { type RunOptions, runReplicas } from './run.ts';

const STORY = `Three processes on one Postgres get callbacks from a sender that retries until it is
answered 204. The merchant answers 204 nine times in ten and otherwise at random 500,
429 with Retry-After, nothing, or a reset. Every few seconds one process is killed
with kill -9 and started again, and one is stopped (SIGSTOP) and continued, some
for longer than their claims last. Some commits are slow while the payment's next
callback comes to another process. Then what was sent, what Postgres stores and what
the merchant received are compared. Needs no configuration.`;

const OPTIONS = `  --events N     events in all (5000)
  --payments N   payments they belong to (200)
  --replicas N   processes, at least 2 (3)`;

type Size = Omit<RunOptions, 'seed'>;
const FULL_SIZE: Size = {
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
const SHORT_SIZE: Size = {
  events: 600,
  payments: 40,
  replicas: 3,
  eventsPerSecond: 60,
  killPauseMs: [1_500, 3_000],
  stopPauseMs: [300, 1_000],
  stopMs: [500, 2_000],
  longStopEvery: 100,
};

const MIN_VALUES = { events: 1, payments: 1, replicas: 2 } as const;
const NAMES = ['events', 'payments', 'replicas'] as const;

export const replicas = defineScenario({
  name: 'replicas',
  summary: 'several processes on one Postgres, killed and stopped while they deliver',
  help: { story: STORY, options: OPTIONS, short: '600 events over 40 payments, for CI' },
  options: NAMES,
  sizes: { full: FULL_SIZE, short: SHORT_SIZE },
  parse(values, size) {
    const numberOf = (name: (typeof NAMES)[number]): number =>
      parseInteger(values[name], { min: MIN_VALUES[name], fallback: size[name] });
    const numbers = { events: numberOf('events'), payments: numberOf('payments'), replicas: numberOf('replicas') };
    const invalid = NAMES.find((name) => Number.isNaN(numbers[name]));
    if (invalid !== undefined) return invalidInteger(invalid, MIN_VALUES[invalid]);
    return { outcome: 'parsed', options: { ...size, ...numbers } };
  },
  describe: ({ events, payments }) => `${events} events, ${payments} payments`,
  run: runReplicas,
});
