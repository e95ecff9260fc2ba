/**
 * Measures how rates change with history: callbacks in and deliveries out on databases with no old events, 100 000 and
 * --old, interleaved. It also measures the disk space of an event and the time of a start. Outbound is measured first,
 * because inbound leaves `held` deliveries behind.
 */

import { seedHistory } from '../../test/harness/seed-events.ts';
import { drainWithReceiver } from '../drain.ts';
import { type Endpoint, startEndpoint } from '../endpoint.ts';
import { type InterleaveOptions, measureInterleaved, type Variant } from '../interleave.ts';
import { startLoad } from '../load.ts';
import { roundRatios, summarizeRounds } from '../percentiles.ts';
import type { Run, Scenario } from '../scenario.ts';
import { openTestbed, query, type Testbed } from '../testbed.ts';
import { type AtSize, type GrowthFigures, growthLines, growthVerdicts } from './growth-report.ts';

const SMALL = 100_000;
/** Deliveries of each measurement. */
const DELIVERIES = 10_000;
const WARM_UP_SECONDS = 2;
/** Within the default of RETENTION_DAYS, so that no event is pruned meanwhile. */
const SINCE_DAYS = { fromDaysAgo: 365, toDaysAgo: 1 };
const NOW = { fromDaysAgo: 0.1, toDaysAgo: 0 };

export const growthScenario: Scenario<GrowthFigures> = {
  name: 'growth',
  summary: 'in and out with more and more old events',
  measure,
  lines: growthLines,
  verdicts: growthVerdicts,
};

/** A database with a number of old events. */
interface SeededDatabase {
  readonly oldEvents: number;
  readonly name: string;
  readonly connectionString: string;
  readonly bytes: number;
}

async function measure({ settings, report, show }: Run): Promise<GrowthFigures> {
  const testbed = await openTestbed(settings.profile);
  const endpoint = await startEndpoint();
  try {
    const databases: SeededDatabase[] = [];
    for (const oldEvents of [0, Math.min(SMALL, settings.old), settings.old]) {
      if (databases.some((other) => other.oldEvents === oldEvents)) continue;
      report(`storing ${oldEvents} old events …`);
      databases.push(await seedDatabase(testbed, oldEvents));
    }
    const options = { rounds: settings.rounds, report, show };
    const out = await measureInterleaved(outboundVariants(testbed, endpoint, databases), options);
    const ways = await measureInbound(testbed, databases, { ...options, seconds: settings.seconds });
    return { sizes: databases.map((one) => atSize(one, { databases, out, ...ways })) };
  } finally {
    await endpoint.stop();
    await testbed.stop();
  }
}

async function seedDatabase(testbed: Testbed, oldEvents: number): Promise<SeededDatabase> {
  const connectionString = await testbed.createDatabase(`growth_${oldEvents}`);
  await seedHistory(connectionString, { prefix: 'old', count: oldEvents, ...SINCE_DAYS, state: 'delivered' });
  const text = 'select pg_database_size(current_database())::float8 as bytes';
  const [row] = await query<{ bytes: number }>(connectionString, text);
  return { oldEvents, name: `${oldEvents} old`, connectionString, bytes: row?.bytes ?? Number.NaN };
}

function outboundVariants(testbed: Testbed, endpoint: Endpoint, databases: readonly SeededDatabase[]): Variant[] {
  let runs = 0;
  return databases.map(({ name, connectionString }) => ({
    name,
    async measure() {
      runs += 1;
      await seedHistory(connectionString, { prefix: `backlog-${runs}`, count: DELIVERIES, ...NOW, state: 'waiting' });
      return drainWithReceiver({ testbed, endpoint, deliveries: DELIVERIES, connectionString });
    },
  }));
}

async function measureInbound(
  testbed: Testbed,
  databases: readonly SeededDatabase[],
  options: InterleaveOptions & { readonly seconds: number },
) {
  const { seconds } = options;
  const load = startLoad();
  try {
    const variants: Variant[] = [];
    const readyAfterMs = new Map<string, number>();
    for (const { name, connectionString } of databases) {
      const receiver = await testbed.startReceiver({ webhookUrl: null, connectionString });
      readyAfterMs.set(name, receiver.readyAfterMs);
      await load.run({ receivers: [receiver], seconds: WARM_UP_SECONDS });
      variants.push({ name, measure: async () => (await load.run({ receivers: [receiver], seconds })).perSecond });
    }
    return { in: await measureInterleaved(variants, options), readyAfterMs };
  } finally {
    await load.stop();
  }
}

interface All {
  readonly databases: readonly SeededDatabase[];
  readonly in: ReadonlyMap<string, readonly number[]>;
  readonly out: ReadonlyMap<string, readonly number[]>;
  readonly readyAfterMs: ReadonlyMap<string, number>;
}

function atSize({ name, oldEvents, bytes }: SeededDatabase, all: All): AtSize {
  const none = all.databases[0];
  const rates = (of: ReadonlyMap<string, readonly number[]>) => of.get(name) ?? [];
  const ratio = (of: ReadonlyMap<string, readonly number[]>) => roundRatios(rates(of), of.get(none?.name ?? '') ?? []);
  return {
    oldEvents,
    bytesPerEvent: oldEvents === 0 ? null : (bytes - (none?.bytes ?? 0)) / oldEvents,
    readyAfterMs: all.readyAfterMs.get(name) ?? Number.NaN,
    callbacksIn: summarizeRounds(rates(all.in)),
    deliveriesOut: summarizeRounds(rates(all.out)),
    inRatio: ratio(all.in),
    outRatio: ratio(all.out),
  };
}
