/**
 * The way in: signed callbacks a second, each committed before its 204. Beside it, in turn: a handler that does nothing, the
 * same way in without group commit, and pgbench with the statement alone. Deliveries are held.
 */
import { formatTable } from '../../src/lib/text-table.ts';
import { cpuMsOf, treeCpuMsOf } from '../cpu.ts';
import { type Arm, measureInTurn, ratiosTo } from '../interleave.ts';
import { CONNECTIONS, type LoadProcess, startLoad } from '../load.ts';
import { findPgbench, measurePgbench, PGBENCH_CLIENTS } from '../peers/pgbench.ts';
import { type Rounds, roundsOf, type Spread } from '../percentiles.ts';
import type { Receiver } from '../receiver.ts';
import { msText, type Run, rateRows, rateText, ratioVerdict, type Scenario } from '../scenario.ts';
import { type Bench, openBench } from '../testbed.ts';

const WARM_UP_SECONDS = 2;
const NAMES = { ours: 'receiver', nothing: 'do-nothing', oneByOne: 'one by one', pgbench: 'pgbench' } as const;
const NOT_INSTALLED = 'not installed: pgbench';

export interface InFigures {
  /** Callbacks a second, by name. */
  readonly rates: Readonly<Record<string, Rounds>>;
  /** Ours divided by the others', round by round, by their names. */
  readonly ratios: Readonly<Record<string, Rounds>>;
  /** Milliseconds of the answer at half of the rate, one spread a round. */
  readonly atHalf: readonly Spread[];
  readonly halfRate: number;
  /** Shares of one core while ours was measured, by part. */
  readonly cores: Readonly<Record<string, Rounds>>;
}

export const inScenario: Scenario<InFigures> = {
  name: 'in',
  summary: 'callbacks a second, beside a do-nothing handler, commits one by one and pgbench',
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report }: Run): Promise<InFigures> {
  const bench = await openBench(settings.profile);
  const load = startLoad();
  try {
    const { seconds, rounds } = settings;
    const ours = await bench.startReceiver({ webhookUrl: null });
    const nothing = await bench.startReceiver({ webhookUrl: null, entry: 'bench/variants/noop.ts' });
    const oneByOne = await bench.startReceiver({ webhookUrl: null, entry: 'bench/variants/one-by-one.ts' });
    for (const receiver of [ours, nothing, oneByOne])
      await load.run({ receivers: [receiver], seconds: WARM_UP_SECONDS });

    const cores: Cores = { receiver: [], postgres: [], load: [] };
    const arms: Arm[] = [
      { name: NAMES.ours, measure: () => runCounted({ load, bench, receiver: ours, cores, seconds }) },
      { name: NAMES.nothing, measure: async () => (await load.run({ receivers: [nothing], seconds })).perSecond },
      { name: NAMES.oneByOne, measure: async () => (await load.run({ receivers: [oneByOne], seconds })).perSecond },
    ];
    const pgbench = await findPgbench();
    const { connectionString } = bench.postgres;
    if (pgbench !== null) {
      arms.push({ name: NAMES.pgbench, measure: () => measurePgbench({ pgbench, connectionString, seconds }) });
    }
    const measured = await measureInTurn(arms, { rounds, report });
    const rates = Object.fromEntries([...measured].map(([name, all]) => [name, roundsOf(all)]));
    const halfRate = Math.round((rates[NAMES.ours]?.median ?? 0) / 2);
    report(`at half of that, ${halfRate}/s …`);
    const atHalf: Spread[] = [];
    for (let round = 0; round < rounds; round += 1) {
      atHalf.push((await load.run({ receivers: [ours], seconds, rate: halfRate })).answer);
    }
    return { rates, ratios: ratiosTo(NAMES.ours, measured), atHalf, halfRate, cores: mapped(cores) };
  } finally {
    await load.stop();
    await bench.stop();
  }
}

interface Cores {
  readonly receiver: number[];
  readonly postgres: number[];
  readonly load: number[];
}

/** Runs the load and counts who used the machine meanwhile. */
async function runCounted(on: { load: LoadProcess; bench: Bench; receiver: Receiver; cores: Cores; seconds: number }) {
  const { load, bench, receiver, cores, seconds } = on;
  const used = async () => [(await cpuMsOf(receiver.pid)) ?? 0, (await treeCpuMsOf(bench.postgres.pid)) ?? 0] as const;
  const before = await used();
  const startedAtMs = performance.now();
  const measured = await load.run({ receivers: [receiver], seconds });
  const tookMs = performance.now() - startedAtMs;
  const after = await used();
  // The load prepares itself before the clock starts, so the others are counted over a little more than it is.
  cores.receiver.push((after[0] - before[0]) / Math.min(tookMs, seconds * 1_000));
  cores.postgres.push((after[1] - before[1]) / Math.min(tookMs, seconds * 1_000));
  cores.load.push(measured.cpuShare);
  return measured.perSecond;
}

function mapped(cores: Cores): Record<string, Rounds> {
  return Object.fromEntries(Object.entries(cores).map(([part, all]: [string, number[]]) => [part, roundsOf(all)]));
}

function lines({ rates, ratios, atHalf, halfRate, cores }: InFigures): string[] {
  const shares = Object.entries(cores).map(([part, { median }]) => `${part} ${median.toFixed(2)}`);
  return [
    ...formatTable([`In, ${CONNECTIONS} connections`, 'Callbacks', 'Receiver ÷ this'], rateRows(rates, ratios)),
    `Cores used while the receiver was measured: ${shares.join(', ')}. pgbench has ${PGBENCH_CLIENTS} clients.`,
    `Answer at ${halfRate}/s: ${atHalf.map(({ median, p99 }) => `${msText(median)} / p99 ${msText(p99)}`).join(', ')}.`,
  ];
}

function verdicts({ rates, ratios, atHalf, halfRate }: InFigures) {
  const against = (name: string, missing: string) => {
    const [ratio, rate] = [ratios[name], rates[name]];
    return ratio === undefined || rate === undefined ? missing : { ratio, peer: `${name} ${rateText(rate)}` };
  };
  const ours = rates[NAMES.ours];
  const p99 = roundsOf(atHalf.map((one) => one.p99)).median;
  return [
    { figure: 'callbacks in', ours: ours === undefined ? '–' : rateText(ours), peers: '', aim: '', met: null },
    ratioVerdict('in ÷ do-nothing handler', 0.5, against(NAMES.nothing, '–')),
    ratioVerdict('in ÷ group size of one', 2.2, against(NAMES.oneByOne, '–')),
    ratioVerdict('in ÷ pgbench, same statement', 1, against(NAMES.pgbench, NOT_INSTALLED)),
    { figure: `p99 of the answer at ${halfRate}/s`, ours: msText(p99), peers: '', aim: '≤ 25 ms', met: p99 <= 25 },
  ];
}
