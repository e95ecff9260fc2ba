/**
 * `backlog`: as many waiting events, finished events and status requests as a shop has after years, or after an outage
 * of weeks. No statement may cost more for it, nothing may starve, and at the end everything is delivered in order.
 */
import { parseInteger } from '../lib/arguments.ts';
import { defineScenario, invalidInteger, selectFaults } from '../scenario.ts';
import { FAULTS } from './faults.ts';
import { type RunOptions, runBacklog } from './run.ts';

const STORY = `Long backlogs and long histories, one fault after the other, each on a database of its
own: thousands of events that are due at once behind statistics that show none; a
merchant who is away and comes back; very many payments with several unfinished events;
thousands of replayed dead letters; status requests without a pause; retention beside
very many unfinished events; and a merchant who was away for a month with 1000000
callbacks, two receivers, and kills while the backlog is delivered. Each reports its
figure. Needs no configuration.`;

const OPTIONS = `  --only NAMES   only these, separated by commas:
                 ${namesOf(FAULTS.slice(0, 4))},
                 ${namesOf(FAULTS.slice(4))}
  --events N     events of the month (1000000)`;

type Size = Pick<RunOptions, 'isShort' | 'monthEvents'>;
const FULL_SIZE: Size = { isShort: false, monthEvents: 1_000_000 };
const SHORT_SIZE: Size = { isShort: true, monthEvents: 20_000 };
/** With fewer events the backlog is delivered before a receiver can be killed. */
const MIN_EVENTS = 1_000;

export const backlog = defineScenario({
  name: 'backlog',
  summary: 'long backlogs and histories, and a merchant who was away for a month',
  help: {
    story: STORY,
    options: OPTIONS,
    short: 'smaller numbers, and times are reported but not checked, for CI',
  },
  options: ['events', 'only'],
  sizes: { full: FULL_SIZE, short: SHORT_SIZE },
  parse(values, size) {
    const monthEvents = parseInteger(values.events, { min: MIN_EVENTS, fallback: size.monthEvents });
    if (Number.isNaN(monthEvents)) return invalidInteger('events', MIN_EVENTS);
    const selected = selectFaults(FAULTS, values.only);
    if (selected.outcome === 'invalid') return selected;
    return { outcome: 'parsed', options: { ...size, monthEvents, faults: selected.options } };
  },
  describe: ({ faults }) => `${faults.length} faults of a backlog`,
  run: runBacklog,
});

function namesOf(faults: typeof FAULTS): string {
  return faults.map(({ name }) => name).join(', ');
}
