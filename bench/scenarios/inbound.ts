/**
 * Measures inbound callbacks: signed callbacks a second, each committed before its 204. Interleaved with it: a handler
 * that does nothing, the same service without group commit, and pgbench with the statement alone. Deliveries stay
 * `held`.
 */
import { cpuMsUsed } from '../cpu.ts';
import { measureInterleaved, ratiosTo, type Variant } from '../interleave.ts';
import { CONNECTIONS, type LoadProcess, startLoad } from '../load.ts';
import { findPgbench, measurePgbench } from '../peers/pgbench.ts';
import { type Percentiles, type Rounds, roundRatios, summarizeRounds } from '../percentiles.ts';
import type { Receiver } from '../receiver.ts';
import type { Run, Scenario } from '../scenario.ts';
import { openTestbed, type Testbed } from '../testbed.ts';
import { type AtConnections, type InboundFigures, inboundLines, inboundVerdicts, NAMES } from './inbound-report.ts';

const WARM_UP_SECONDS = 2;
/** Beside those of the other measurements: few, and more than a batch. */
const OTHER_CONNECTIONS = [16, 200] as const;

export const inboundScenario: Scenario<InboundFigures> = {
  name: 'in',
  summary: 'callbacks a second, beside a do-nothing handler, commits one by one and pgbench',
  measure,
  lines: inboundLines,
  verdicts: inboundVerdicts,
};

async function measure({ settings, report, show }: Run): Promise<InboundFigures> {
  const testbed = await openTestbed(settings.profile);
  const load = startLoad();
  try {
    const { seconds, rounds } = settings;
    const ours = await testbed.startReceiver({ webhookUrl: null });
    const nothing = await testbed.startReceiver({ webhookUrl: null, entry: 'bench/variants/noop.ts' });
    const oneByOne = await testbed.startReceiver({ webhookUrl: null, entry: 'bench/variants/one-by-one.ts' });
    for (const receiver of [ours, nothing, oneByOne])
      await load.run({ receivers: [receiver], seconds: WARM_UP_SECONDS });

    const rateOf = async (receiver: Receiver, connections: number) =>
      (await load.run({ receivers: [receiver], seconds, connections })).perSecond;
    const cores: Cores = { receiver: [], postgres: [], load: [] };
    const variants: Variant[] = [
      { name: NAMES.ours, measure: () => runCounted({ load, testbed, receiver: ours, cores, seconds }) },
      { name: NAMES.nothing, measure: () => rateOf(nothing, CONNECTIONS) },
      { name: NAMES.oneByOne, measure: () => rateOf(oneByOne, CONNECTIONS) },
    ];
    const pgbench = await findPgbench();
    const { connectionString } = testbed.postgres;
    if (pgbench !== null) {
      variants.push({ name: NAMES.pgbench, measure: () => measurePgbench({ pgbench, connectionString, seconds }) });
    }
    const options = { rounds, report, show };
    const measured = await measureInterleaved(variants, options);
    const atConnections: AtConnections[] = [];
    for (const connections of OTHER_CONNECTIONS) {
      const pair = [
        { name: NAMES.ours, measure: () => rateOf(ours, connections) },
        { name: NAMES.nothing, measure: () => rateOf(nothing, connections) },
      ];
      atConnections.push(summarizeConnections(connections, await measureInterleaved(pair, options)));
    }
    const rates = Object.fromEntries([...measured].map(([name, all]) => [name, summarizeRounds(all)]));
    const halfRate = Math.round((rates[NAMES.ours]?.median ?? 0) / 2);
    report(`at half of its rate with 64 connections, ${halfRate}/s …`);
    const atHalf = await answersAt(halfRate, { load, receiver: ours, seconds, rounds });
    const ratios = ratiosTo(NAMES.ours, measured);
    return { rates, ratios, atConnections, atHalf, halfRate, cores: summarizeCores(cores) };
  } finally {
    await load.stop();
    await testbed.stop();
  }
}

async function answersAt(
  rate: number,
  on: { load: LoadProcess; receiver: Receiver; seconds: number; rounds: number },
): Promise<Percentiles[]> {
  const all: Percentiles[] = [];
  for (let round = 0; round < on.rounds; round += 1) {
    all.push((await on.load.run({ receivers: [on.receiver], seconds: on.seconds, rate })).answer);
  }
  return all;
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
  const used = await cpuMsUsed(receiver.pid, testbed.postgres.pid);
  const startedAtMs = performance.now();
  const measured = await load.run({ receivers: [receiver], seconds });
  const tookMs = performance.now() - startedAtMs;
  const { receiver: receiverMs, postgres: postgresMs } = (await used()) ?? { receiver: 0, postgres: 0 };
  // The load renders requests before its clock starts, so the other parts are counted a little longer than it is.
  cores.receiver.push(receiverMs / Math.min(tookMs, seconds * 1_000));
  cores.postgres.push(postgresMs / Math.min(tookMs, seconds * 1_000));
  cores.load.push(measured.cpuShare);
  return measured.perSecond;
}

function summarizeCores(cores: Cores): Record<string, Rounds> {
  return Object.fromEntries(
    Object.entries(cores).map(([part, all]: [string, number[]]) => [part, summarizeRounds(all)]),
  );
}

function summarizeConnections(connections: number, measured: ReadonlyMap<string, readonly number[]>): AtConnections {
  const [ours, nothing] = [measured.get(NAMES.ours) ?? [], measured.get(NAMES.nothing) ?? []];
  return {
    connections,
    ours: summarizeRounds(ours),
    nothing: summarizeRounds(nothing),
    ratio: roundRatios(ours, nothing),
  };
}
