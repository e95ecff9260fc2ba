/**
 * `mixed`: four receivers, their Postgres, the network between them and the merchant are broken in every known way,
 * several at a time. At the end nothing is lost, invented, stored twice, out of order or stuck, and all records agree.
 */
import { parseInteger } from '../lib/arguments.ts';
import { defineScenario, invalidInteger, selectFaults } from '../scenario.ts';
import { FAULTS } from './faults.ts';
import { runMixed } from './run.ts';
import type { SchedulerOptions } from './scheduler.ts';

const STORY = `Four processes behind a proxy to one Postgres get callbacks of eCom and, of one payment in
five, of the Merchant API from a sender that retries until it is answered 204, while
everything around them breaks: two faults of the service, one of Postgres or the network,
and one of the merchant at a time. Then what was sent, what Postgres stores and what the
merchant received are compared. Needs no configuration; as root it also fills a small
file system of its own.`;

const OPTIONS = `  --kills N      kill -9 of the service, at least (1000)
  --only F,…     only these faults`;

type Size = Pick<SchedulerOptions, 'kills' | 'pauseMs'>;
const FULL_SIZE: Size = {
  kills: 1_000,
  // Kills follow each other almost without a pause; Postgres and the merchant, which a restart needs, work half the
  // time.
  pauseMs: { service: [0, 200], database: [1_500, 4_000], merchant: [500, 1_500] },
};
const SHORT_SIZE: Size = { kills: 5, pauseMs: { service: [20, 120], database: [20, 120], merchant: [20, 120] } };

export const mixed = defineScenario({
  name: 'mixed',
  summary: 'the service, Postgres, the network and the merchant broken at the same time',
  help: {
    story: STORY,
    options: OPTIONS,
    short: 'each fault once or so, for CI',
    notes: `Faults: ${wrap(FAULTS.map(({ name }) => name))}`,
  },
  options: ['kills', 'only'],
  sizes: { full: FULL_SIZE, short: SHORT_SIZE },
  parse(values, size) {
    const kills = parseInteger(values.kills, { fallback: size.kills });
    if (Number.isNaN(kills)) return invalidInteger('kills');
    const selected = selectFaults(FAULTS, values.only);
    if (selected.outcome === 'invalid') return selected;
    return { outcome: 'parsed', options: { kills, faults: selected.options, pauseMs: size.pauseMs } };
  },
  describe: ({ faults, kills }) => `${faults.length} faults, ${kills} kills`,
  run: runMixed,
});

function wrap(names: readonly string[]): string {
  return names.join(', ').replace(/(.{60,78}?,) /g, '$1\n  ');
}
