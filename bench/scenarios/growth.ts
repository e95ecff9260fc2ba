/**
 * Flat as history grows: both ways on databases with no old events, 100 000 and --old of them, in turn; what an event takes
 * on the disk, and how long a start takes. The out-going way comes first: the way in leaves deliveries that are held.
 */

import { seedHistory } from '../../test/harness/seed-events.ts';
import { drainWithReceiver } from '../drain.ts';
import { type Endpoint, startEndpoint } from '../endpoint.ts';
import { type Arm, measureInTurn } from '../interleave.ts';
import { startLoad } from '../load.ts';
import { ratiosOf, roundsOf } from '../percentiles.ts';
import type { Run, Scenario } from '../scenario.ts';
import { type Bench, openBench, query } from '../testbed.ts';
import { type Aged, type GrowthFigures, growthLines, growthVerdicts } from './growth-report.ts';

const SMALL = 100_000;
/** Of each draining. */
const DELIVERIES = 10_000;
const WARM_UP_SECONDS = 2;
/** Within the default of RETENTION_DAYS, so that none of it is forgotten meanwhile. */
const SINCE_DAYS = { fromDaysAgo: 365, toDaysAgo: 1 };
const NOW = { fromDaysAgo: 0.1, toDaysAgo: 0 };

export const growthScenario: Scenario<GrowthFigures> = {
  name: 'growth',
  summary: 'both ways with more and more old events',
  measure,
  lines: growthLines,
  verdicts: growthVerdicts,
};

/** A database with so many old events. */
interface Grown {
  readonly oldEvents: number;
  readonly name: string;
  readonly connectionString: string;
  readonly bytes: number;
}

async function measure({ settings, report }: Run): Promise<GrowthFigures> {
  const bench = await openBench(settings.profile);
  const endpoint = await startEndpoint();
  try {
    const grown: Grown[] = [];
    for (const oldEvents of [0, Math.min(SMALL, settings.old), settings.old]) {
      if (grown.some((other) => other.oldEvents === oldEvents)) continue;
      report(`storing ${oldEvents} old events …`);
      grown.push(await grow(bench, oldEvents));
    }
    const options = { rounds: settings.rounds, report };
    const out = await measureInTurn(outArms(bench, endpoint, grown), options);
    const ways = await measureIn(bench, grown, { ...options, seconds: settings.seconds });
    return { sizes: grown.map((one) => aged(one, { grown, out, ...ways })) };
  } finally {
    await endpoint.stop();
    await bench.stop();
  }
}

async function grow(bench: Bench, oldEvents: number): Promise<Grown> {
  const connectionString = await bench.createDatabase(`growth_${oldEvents}`);
  await seedHistory(connectionString, { prefix: 'old', count: oldEvents, ...SINCE_DAYS, state: 'delivered' });
  const text = 'select pg_database_size(current_database())::float8 as bytes';
  const [row] = await query<{ bytes: number }>(connectionString, text);
  return { oldEvents, name: `${oldEvents} old`, connectionString, bytes: row?.bytes ?? Number.NaN };
}

function outArms(bench: Bench, endpoint: Endpoint, grown: readonly Grown[]): Arm[] {
  let runs = 0;
  return grown.map(({ name, connectionString }) => ({
    name,
    async measure() {
      runs += 1;
      await seedHistory(connectionString, { prefix: `backlog-${runs}`, count: DELIVERIES, ...NOW, state: 'waiting' });
      return drainWithReceiver({ bench, endpoint, deliveries: DELIVERIES, connectionString });
    },
  }));
}

async function measureIn(
  bench: Bench,
  grown: readonly Grown[],
  options: { rounds: number; seconds: number; report(line: string): void },
) {
  const { seconds } = options;
  const load = startLoad();
  try {
    const arms: Arm[] = [];
    const readyAfterMs = new Map<string, number>();
    for (const { name, connectionString } of grown) {
      const receiver = await bench.startReceiver({ webhookUrl: null, connectionString });
      readyAfterMs.set(name, receiver.readyAfterMs);
      await load.run({ receivers: [receiver], seconds: WARM_UP_SECONDS });
      arms.push({ name, measure: async () => (await load.run({ receivers: [receiver], seconds })).perSecond });
    }
    return { in: await measureInTurn(arms, options), readyAfterMs };
  } finally {
    await load.stop();
  }
}

interface All {
  readonly grown: readonly Grown[];
  readonly in: ReadonlyMap<string, readonly number[]>;
  readonly out: ReadonlyMap<string, readonly number[]>;
  readonly readyAfterMs: ReadonlyMap<string, number>;
}

function aged({ name, oldEvents, bytes }: Grown, all: All): Aged {
  const none = all.grown[0];
  const rates = (of: ReadonlyMap<string, readonly number[]>) => of.get(name) ?? [];
  const ratio = (of: ReadonlyMap<string, readonly number[]>) => ratiosOf(rates(of), of.get(none?.name ?? '') ?? []);
  return {
    oldEvents,
    bytesPerEvent: oldEvents === 0 ? null : (bytes - (none?.bytes ?? 0)) / oldEvents,
    readyAfterMs: all.readyAfterMs.get(name) ?? Number.NaN,
    callbacksIn: roundsOf(rates(all.in)),
    deliveriesOut: roundsOf(rates(all.out)),
    inRatio: ratio(all.in),
    outRatio: ratio(all.out),
  };
}
