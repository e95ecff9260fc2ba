/**
 * Measures inbound callbacks: signed callbacks a second, each committed before its 204. Interleaved with it: a handler
 * that does nothing, the same service without group commit, and pgbench with the statement alone. Deliveries stay
 * `held`.
 */
import { formatTable } from '../../src/lib/text-table.ts';
import { cpuMsOf, treeCpuMsOf } from '../cpu.ts';
import { measureInterleaved, ratiosTo, type Variant } from '../interleave.ts';
import { CONNECTIONS, type LoadProcess, startLoad } from '../load.ts';
import { findPgbench, measurePgbench, PGBENCH_CLIENTS } from '../peers/pgbench.ts';
import { type Percentiles, type Rounds, summarizeRounds } from '../percentiles.ts';
import type { Receiver } from '../receiver.ts';
import { formatMs, formatRate, type Run, rateRows, ratioVerdict, type Scenario } from '../scenario.ts';
import { openTestbed, type Testbed } from '../testbed.ts';

const WARM_UP_SECONDS = 2;
const NAMES = { ours: 'receiver', nothing: 'do-nothing', oneByOne: 'one by one', pgbench: 'pgbench' } as const;
const NOT_INSTALLED = 'not installed: pgbench';

export interface InboundFigures {
  /** Callbacks a second, by name. */
  readonly rates: Readonly<Record<string, Rounds>>;
  /** Our rate divided by each other rate, round by round, by the other's name. */
  readonly ratios: Readonly<Record<string, Rounds>>;
  /** Response time in milliseconds at half of the rate, by round. */
  readonly atHalf: readonly Percentiles[];
  readonly halfRate: number;
  /** Share of one core while our service was measured, by part. */
  readonly cores: Readonly<Record<string, Rounds>>;
}

export const inboundScenario: Scenario<InboundFigures> = {
  name: 'in',
  summary: 'callbacks a second, beside a do-nothing handler, commits one by one and pgbench',
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report }: Run): Promise<InboundFigures> {
  const testbed = await openTestbed(settings.profile);
  const load = startLoad();
  try {
    const { seconds, rounds } = settings;
    const ours = await testbed.startReceiver({ webhookUrl: null });
    const nothing = await testbed.startReceiver({ webhookUrl: null, entry: 'bench/variants/noop.ts' });
    const oneByOne = await testbed.startReceiver({ webhookUrl: null, entry: 'bench/variants/one-by-one.ts' });
    for (const receiver of [ours, nothing, oneByOne])
      await load.run({ receivers: [receiver], seconds: WARM_UP_SECONDS });

    const cores: Cores = { receiver: [], postgres: [], load: [] };
    const variants: Variant[] = [
      { name: NAMES.ours, measure: () => runCounted({ load, testbed, receiver: ours, cores, seconds }) },
      { name: NAMES.nothing, measure: async () => (await load.run({ receivers: [nothing], seconds })).perSecond },
      { name: NAMES.oneByOne, measure: async () => (await load.run({ receivers: [oneByOne], seconds })).perSecond },
    ];
    const pgbench = await findPgbench();
    const { connectionString } = testbed.postgres;
    if (pgbench !== null) {
      variants.push({ name: NAMES.pgbench, measure: () => measurePgbench({ pgbench, connectionString, seconds }) });
    }
    const measured = await measureInterleaved(variants, { rounds, report });
    const rates = Object.fromEntries([...measured].map(([name, all]) => [name, summarizeRounds(all)]));
    const halfRate = Math.round((rates[NAMES.ours]?.median ?? 0) / 2);
    report(`at half of that, ${halfRate}/s …`);
    const atHalf: Percentiles[] = [];
    for (let round = 0; round < rounds; round += 1) {
      atHalf.push((await load.run({ receivers: [ours], seconds, rate: halfRate })).answer);
    }
    return { rates, ratios: ratiosTo(NAMES.ours, measured), atHalf, halfRate, cores: summarizeCores(cores) };
  } finally {
    await load.stop();
    await testbed.stop();
  }
}

interface Cores {
  readonly receiver: number[];
  readonly postgres: number[];
  readonly load: number[];
}

/** Runs the load and adds the CPU shares of receiver, Postgres and load to `cores`. */
async function runCounted(on: {
  load: LoadProcess;
  testbed: Testbed;
  receiver: Receiver;
  cores: Cores;
  seconds: number;
}) {
  const { load, testbed, receiver, cores, seconds } = on;
  const used = async () =>
    [(await cpuMsOf(receiver.pid)) ?? 0, (await treeCpuMsOf(testbed.postgres.pid)) ?? 0] as const;
  const before = await used();
  const startedAtMs = performance.now();
  const measured = await load.run({ receivers: [receiver], seconds });
  const tookMs = performance.now() - startedAtMs;
  const after = await used();
  // The load renders requests before its clock starts, so the other parts are counted a little longer than it is.
  cores.receiver.push((after[0] - before[0]) / Math.min(tookMs, seconds * 1_000));
  cores.postgres.push((after[1] - before[1]) / Math.min(tookMs, seconds * 1_000));
  cores.load.push(measured.cpuShare);
  return measured.perSecond;
}

function summarizeCores(cores: Cores): Record<string, Rounds> {
  return Object.fromEntries(
    Object.entries(cores).map(([part, all]: [string, number[]]) => [part, summarizeRounds(all)]),
  );
}

function lines({ rates, ratios, atHalf, halfRate, cores }: InboundFigures): string[] {
  const shares = Object.entries(cores).map(([part, { median }]) => `${part} ${median.toFixed(2)}`);
  return [
    ...formatTable([`In, ${CONNECTIONS} connections`, 'Callbacks', 'Receiver ÷ this'], rateRows(rates, ratios)),
    `Cores used while the receiver was measured: ${shares.join(', ')}. pgbench has ${PGBENCH_CLIENTS} clients.`,
    `Answer at ${halfRate}/s: ${atHalf.map(({ median, p99 }) => `${formatMs(median)} / p99 ${formatMs(p99)}`).join(', ')}.`,
  ];
}

function verdicts({ rates, ratios, atHalf, halfRate }: InboundFigures) {
  const against = (name: string, missing: string) => {
    const [ratio, rate] = [ratios[name], rates[name]];
    return ratio === undefined || rate === undefined ? missing : { ratio, peer: `${name} ${formatRate(rate)}` };
  };
  const ours = rates[NAMES.ours];
  const p99 = summarizeRounds(atHalf.map((one) => one.p99)).median;
  return [
    { figure: 'callbacks in', ours: ours === undefined ? '–' : formatRate(ours), peers: '', aim: '', met: null },
    ratioVerdict('in ÷ do-nothing handler', 0.5, against(NAMES.nothing, '–')),
    ratioVerdict('in ÷ group size of one', 2.2, against(NAMES.oneByOne, '–')),
    ratioVerdict('in ÷ pgbench, same statement', 1, against(NAMES.pgbench, NOT_INSTALLED)),
    { figure: `p99 of the answer at ${halfRate}/s`, ours: formatMs(p99), peers: '', aim: '≤ 25 ms', met: p99 <= 25 },
  ];
}
