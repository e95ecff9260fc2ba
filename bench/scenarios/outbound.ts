/**
 * The way out: a backlog of 20 000 deliveries, four a payment, brought to a local endpoint, signed, in order, every attempt
 * recorded. Beside it, in turn, queues of others that make the same requests without signing, order or record.
 */
import { formatTable } from '../../src/lib/text-table.ts';
import { seedHistory } from '../../test/harness/seed-events.ts';
import { drainWithReceiver, measureDrain } from '../drain.ts';
import { type Endpoint, startEndpoint } from '../endpoint.ts';
import { type Arm, measureInTurn, ratiosTo } from '../interleave.ts';
import { REQUESTS_IN_FLIGHT, startPeer } from '../peers/peer.ts';
import { type Rounds, roundsOf } from '../percentiles.ts';
import { type Run, rateRows, rateText, ratioVerdict, type Scenario } from '../scenario.ts';
import { type Bench, openBench } from '../testbed.ts';

const DELIVERIES = 20_000;
const OURS = 'receiver';
const GRAPHILE = 'graphile-worker';
const BOSS = 'pg-boss';
const NOT_INSTALLED = 'not installed: npm ci --prefix bench';
/** True as long as the peer has something to do. */
const OPEN = {
  [GRAPHILE]: 'select exists (select 1 from graphile_worker._private_jobs) as open',
  [BOSS]: `select exists (select 1 from pgboss.job where name = 'deliver' and state <> 'completed') as open`,
};

export interface OutFigures {
  readonly deliveries: number;
  /** Deliveries a second, by name. */
  readonly rates: Readonly<Record<string, Rounds>>;
  readonly ratios: Readonly<Record<string, Rounds>>;
}

export const outScenario: Scenario<OutFigures> = {
  name: 'out',
  summary: `a backlog of ${DELIVERIES} deliveries, beside graphile-worker and pg-boss`,
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report }: Run): Promise<OutFigures> {
  const bench = await openBench(settings.profile);
  const endpoint = await startEndpoint();
  try {
    const ours: Arm = { name: OURS, measure: () => measureOurs(bench, endpoint) };
    const peers = [GRAPHILE, BOSS].map((name) => peerArm(name as keyof typeof OPEN, bench, endpoint));
    const arms = [ours, ...peers.filter((arm) => arm !== null)];
    const measured = await measureInTurn(arms, { rounds: settings.rounds, report });
    const rates = Object.fromEntries([...measured].map(([name, all]) => [name, roundsOf(all)]));
    return { deliveries: DELIVERIES, rates, ratios: ratiosTo(OURS, measured) };
  } finally {
    await endpoint.stop();
    await bench.stop();
  }
}

let runs = 0;

/** On a database of its own, like everyone here. */
async function measureOurs(bench: Bench, endpoint: Endpoint): Promise<number> {
  runs += 1;
  const connectionString = await bench.createDatabase(`out_${runs}`);
  const backlog = { prefix: 'backlog', count: DELIVERIES, fromDaysAgo: 0.1, toDaysAgo: 0, state: 'waiting' } as const;
  await seedHistory(connectionString, backlog);
  return drainWithReceiver({ bench, endpoint, deliveries: DELIVERIES, connectionString });
}

/** Null when the peer is not installed. */
function peerArm(name: keyof typeof OPEN, bench: Bench, endpoint: Endpoint): Arm | null {
  const isThere = startPeer(name);
  if (isThere === null) return null;
  void isThere.stop();
  return {
    name,
    async measure() {
      runs += 1;
      const connectionString = await bench.createDatabase(`out_${runs}`);
      const peer = startPeer(name);
      if (peer === null) throw new Error(`${name} was there a moment ago`);
      await peer.ask({ kind: 'fill', connectionString, jobs: DELIVERIES });
      const rate = await measureDrain({
        endpoint,
        deliveries: DELIVERIES,
        connectionString,
        isOpen: OPEN[name],
        async begin() {
          await peer.ask({ kind: 'start', connectionString, url: endpoint.url });
          return async () => void (await peer.ask({ kind: 'stop' }));
        },
      });
      await peer.stop();
      return rate;
    },
  };
}

function lines({ deliveries, rates, ratios }: OutFigures): string[] {
  return formatTable(
    [`Out, ${deliveries} waiting, ${REQUESTS_IN_FLIGHT} in flight`, 'Deliveries', 'Receiver ÷ this'],
    rateRows(rates, ratios),
  );
}

function verdicts({ rates, ratios }: OutFigures) {
  const against = (name: string) => {
    const [ratio, rate] = [ratios[name], rates[name]];
    return ratio === undefined || rate === undefined ? NOT_INSTALLED : { ratio, peer: `${name} ${rateText(rate)}` };
  };
  const ours = rates[OURS];
  return [
    { figure: 'deliveries out', ours: ours === undefined ? '–' : rateText(ours), peers: '', aim: '', met: null },
    ratioVerdict('out ÷ graphile-worker', 1, against(GRAPHILE)),
    { ...ratioVerdict('out ÷ pg-boss', 0, against(BOSS)), aim: '', met: null },
  ];
}
