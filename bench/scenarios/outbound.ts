/**
 * Measures outbound deliveries: a backlog of 20 000, four a payment, delivered to a local endpoint, signed, in order,
 * with every attempt recorded. Interleaved with it: other queues that send the same requests without signature, order
 * or record.
 */
import { formatTable } from '../../src/lib/text-table.ts';
import { seedHistory } from '../../test/harness/seed-events.ts';
import { drainWithReceiver, measureDrain } from '../drain.ts';
import { type Endpoint, startEndpoint } from '../endpoint.ts';
import { measureInterleaved, ratiosTo, type Variant } from '../interleave.ts';
import { REQUESTS_IN_FLIGHT, startPeer } from '../peers/peer.ts';
import { type Rounds, summarizeRounds } from '../percentiles.ts';
import { formatRate, type Run, rateRows, ratioVerdict, type Scenario } from '../scenario.ts';
import { openTestbed, type Testbed } from '../testbed.ts';

const DELIVERIES = 20_000;
const OURS = 'receiver';
const GRAPHILE = 'graphile-worker';
const BOSS = 'pg-boss';
const GRAPHILE_AIM = 1.2;
const BOSS_AIM = 1;
const NOT_INSTALLED = 'not installed: npm ci --prefix bench';
/** Queries that return true as long as the peer has work. */
const OPEN = {
  [GRAPHILE]: 'select exists (select 1 from graphile_worker._private_jobs) as open',
  [BOSS]: `select exists (select 1 from pgboss.job where name = 'deliver' and state <> 'completed') as open`,
};

export interface OutboundFigures {
  readonly deliveries: number;
  /** Deliveries a second, by name. */
  readonly rates: Readonly<Record<string, Rounds>>;
  readonly ratios: Readonly<Record<string, Rounds>>;
}

export const outboundScenario: Scenario<OutboundFigures> = {
  name: 'out',
  summary: `a backlog of ${DELIVERIES} deliveries, beside graphile-worker and pg-boss`,
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report, show }: Run): Promise<OutboundFigures> {
  const testbed = await openTestbed(settings.profile);
  const endpoint = await startEndpoint();
  try {
    const ours: Variant = { name: OURS, measure: () => measureOurs(testbed, endpoint) };
    const peers = [GRAPHILE, BOSS].map((name) => peerVariant(name as keyof typeof OPEN, testbed, endpoint));
    const variants = [ours, ...peers.filter((variant) => variant !== null)];
    const measured = await measureInterleaved(variants, { rounds: settings.rounds, report, show });
    const rates = Object.fromEntries([...measured].map(([name, all]) => [name, summarizeRounds(all)]));
    return { deliveries: DELIVERIES, rates, ratios: ratiosTo(OURS, measured) };
  } finally {
    await endpoint.stop();
    await testbed.stop();
  }
}

let runs = 0;

/** Measures our service on a database of its own, as every peer has one. */
async function measureOurs(testbed: Testbed, endpoint: Endpoint): Promise<number> {
  runs += 1;
  const connectionString = await testbed.createDatabase(`out_${runs}`);
  const backlog = { prefix: 'backlog', count: DELIVERIES, fromDaysAgo: 0.1, toDaysAgo: 0, state: 'waiting' } as const;
  await seedHistory(connectionString, backlog);
  return drainWithReceiver({ testbed, endpoint, deliveries: DELIVERIES, connectionString });
}

/** Returns null when the peer is not installed. */
function peerVariant(name: keyof typeof OPEN, testbed: Testbed, endpoint: Endpoint): Variant | null {
  const installed = startPeer(name);
  if (installed === null) return null;
  void installed.stop();
  return {
    name,
    async measure() {
      runs += 1;
      const connectionString = await testbed.createDatabase(`out_${runs}`);
      const peer = startPeer(name);
      if (peer === null) throw new Error(`${name} could not be started again`);
      await peer.run({ kind: 'fill', connectionString, jobs: DELIVERIES });
      const rate = await measureDrain({
        endpoint,
        deliveries: DELIVERIES,
        connectionString,
        isOpen: OPEN[name],
        async begin() {
          await peer.run({ kind: 'start', connectionString, url: endpoint.url });
          return async () => void (await peer.run({ kind: 'stop' }));
        },
      });
      await peer.stop();
      return rate;
    },
  };
}

function lines({ deliveries, rates, ratios }: OutboundFigures): string[] {
  return formatTable(
    [`Out, ${deliveries} waiting, ${REQUESTS_IN_FLIGHT} in flight`, 'Deliveries', 'Receiver ÷ this'],
    rateRows(rates, ratios),
  );
}

function verdicts({ rates, ratios }: OutboundFigures) {
  const against = (name: string) => {
    const [ratio, rate] = [ratios[name], rates[name]];
    return ratio === undefined || rate === undefined ? NOT_INSTALLED : { ratio, peer: `${name} ${formatRate(rate)}` };
  };
  const ours = rates[OURS];
  return [
    { figure: 'deliveries out', ours: ours === undefined ? '–' : formatRate(ours), peers: '', aim: '', met: null },
    ratioVerdict('out ÷ graphile-worker', GRAPHILE_AIM, against(GRAPHILE)),
    ratioVerdict('out ÷ pg-boss', BOSS_AIM, against(BOSS)),
  ];
}
