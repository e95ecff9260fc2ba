/** `lost`: callbacks that Resurs never sends, and reconciliation that finds them. */
import { parseInteger } from '../lib/arguments.ts';
import { defineScenario, invalidInteger } from '../scenario.ts';
import { type RunOptions, runLost } from './run.ts';

const STORY = `Resurs never sends a fifth of the callbacks, at random. The others come to two
processes on one Postgres, of which one is killed at random and started again. Then
Resurs is asked: by two commands at once, one of them killed, and by the processes,
one of them killed. What they report is compared with what the payments show and the
callbacks that came: each missed fact is found, none is invented, and none is reported
twice. Payments of eCom and of the Merchant API. From where Resurs counts pages, and
by how much its clock is off, differs with the seed. Needs no configuration.`;

const OPTIONS = `  --callbacks N  callbacks in all (1000)
  --kills N      kills while they come (8)`;

type Size = Omit<RunOptions, 'seed'>;
const FULL_SIZE: Size = { callbacks: 1_000, share: 0.2, kills: 8 };
const SHORT_SIZE: Size = { callbacks: 150, share: 0.2, kills: 2 };

export const lost = defineScenario({
  name: 'lost',
  summary: 'callbacks that never come, found by asking Resurs',
  help: { story: STORY, options: OPTIONS, short: '150 callbacks, for CI' },
  options: ['callbacks', 'kills'],
  sizes: { full: FULL_SIZE, short: SHORT_SIZE },
  parse(values, size) {
    const callbacks = parseInteger(values.callbacks, { min: 20, fallback: size.callbacks });
    const kills = parseInteger(values.kills, { min: 1, fallback: size.kills });
    if (Number.isNaN(callbacks)) return invalidInteger('callbacks', 20);
    if (Number.isNaN(kills)) return invalidInteger('kills', 1);
    return { outcome: 'parsed', options: { ...size, callbacks, kills } };
  },
  describe: ({ callbacks, share }) => `${callbacks} callbacks, ${Math.round(share * 100)} % of them lost`,
  run: runLost,
});
