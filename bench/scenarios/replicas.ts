/** The way in with one, two and three processes on one Postgres, the same load dealt out to them. Deliveries are held. */
import { formatTable } from '../../src/lib/text-table.ts';
import { type Arm, measureInTurn, ratiosTo } from '../interleave.ts';
import { CONNECTIONS, startLoad } from '../load.ts';
import { type Rounds, roundsOf } from '../percentiles.ts';
import type { Receiver } from '../receiver.ts';
import { type Run, rateRows, rateText, ratioText, type Scenario } from '../scenario.ts';
import { openBench } from '../testbed.ts';

const WARM_UP_SECONDS = 2;
const PROCESSES = [1, 2, 3] as const;

export interface ReplicasFigures {
  /** Callbacks a second, by the number of processes. */
  readonly rates: Readonly<Record<string, Rounds>>;
  /** One process divided by so many. */
  readonly ratios: Readonly<Record<string, Rounds>>;
}

export const replicasScenario: Scenario<ReplicasFigures> = {
  name: 'replicas',
  summary: 'callbacks a second with one, two and three processes on one Postgres',
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report }: Run): Promise<ReplicasFigures> {
  const bench = await openBench(settings.profile);
  const load = startLoad();
  try {
    const { seconds, rounds } = settings;
    const receivers: Receiver[] = [];
    for (const _ of PROCESSES) receivers.push(await bench.startReceiver({ webhookUrl: null }));
    await load.run({ receivers, seconds: WARM_UP_SECONDS });
    const arms = PROCESSES.map(
      (count): Arm => ({
        name: nameOf(count),
        measure: async () => (await load.run({ receivers: receivers.slice(0, count), seconds })).perSecond,
      }),
    );
    const measured = await measureInTurn(arms, { rounds, report });
    const rates = Object.fromEntries([...measured].map(([name, all]) => [name, roundsOf(all)]));
    return { rates, ratios: ratiosTo(nameOf(1), measured) };
  } finally {
    await load.stop();
    await bench.stop();
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
    ours: ratioText(roundsOf(all.map((ratio) => 1 / ratio))),
    peers: one === undefined ? '' : `1 process ${rateText(one)}`,
    aim: '',
    met: null,
  }));
}
