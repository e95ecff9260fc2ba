/**
 * Measures inbound callbacks with one, two and three processes on one Postgres under the same load. Deliveries stay
 * `held`.
 */
import { formatTable } from '../../src/lib/text-table.ts';
import { measureInterleaved, ratiosTo, type Variant } from '../interleave.ts';
import { CONNECTIONS, startLoad } from '../load.ts';
import { type Rounds, summarizeRounds } from '../percentiles.ts';
import type { Receiver } from '../receiver.ts';
import { formatRate, formatRatio, type Run, rateRows, type Scenario } from '../scenario.ts';
import { openTestbed } from '../testbed.ts';

const WARM_UP_SECONDS = 2;
const PROCESSES = [1, 2, 3] as const;

export interface ReplicasFigures {
  /** Callbacks a second, by the number of processes. */
  readonly rates: Readonly<Record<string, Rounds>>;
  /** The rate of one process divided by that of so many. */
  readonly ratios: Readonly<Record<string, Rounds>>;
}

export const replicasScenario: Scenario<ReplicasFigures> = {
  name: 'replicas',
  summary: 'callbacks a second with one, two and three processes on one Postgres',
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report, show }: Run): Promise<ReplicasFigures> {
  const testbed = await openTestbed(settings.profile);
  const load = startLoad();
  try {
    const { seconds, rounds } = settings;
    const receivers: Receiver[] = [];
    for (const _ of PROCESSES) receivers.push(await testbed.startReceiver({ webhookUrl: null }));
    await load.run({ receivers, seconds: WARM_UP_SECONDS });
    const variants = PROCESSES.map(
      (count): Variant => ({
        name: nameOf(count),
        measure: async () => (await load.run({ receivers: receivers.slice(0, count), seconds })).perSecond,
      }),
    );
    const measured = await measureInterleaved(variants, { rounds, report, show });
    const rates = Object.fromEntries([...measured].map(([name, all]) => [name, summarizeRounds(all)]));
    return { rates, ratios: ratiosTo(nameOf(1), measured) };
  } finally {
    await load.stop();
    await testbed.stop();
  }
}

function nameOf(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

function lines({ rates, ratios }: ReplicasFigures): string[] {
  return formatTable([`In, ${CONNECTIONS} connections`, 'Callbacks', 'One process ÷ this'], rateRows(rates, ratios));
}

function verdicts({ rates, ratios }: ReplicasFigures) {
  const one = rates[nameOf(1)];
  return Object.entries(ratios).map(([name, { all }]) => ({
    figure: `in with ${name} ÷ in with one`,
    ours: formatRatio(summarizeRounds(all.map((ratio) => 1 / ratio))),
    peers: one === undefined ? '' : `1 process ${formatRate(one)}`,
    aim: '',
    met: null,
  }));
}
