/**
 * Measures steady rates, from those of a busy shop upwards: the time from sending a callback to its response and to the
 * merchant's request, and the CPU time of an event. It also counts the statements of an event, in and out.
 */
import { setTimeout } from 'node:timers/promises';
import { latencyChart } from '../charts/latency-chart.ts';
import { type CpuUse, cpuMsUsed } from '../cpu.ts';
import { type InProcessEndpoint, startInProcessEndpoint } from '../in-process-endpoint.ts';
import { openPacedLoad, type PacedResult } from '../paced-load.ts';
import type { Receiver } from '../receiver.ts';
import type { Run, Scenario } from '../scenario.ts';
import { countStatements, STATEMENTS_LIBRARY } from '../statements.ts';
import { openTestbed, type Testbed } from '../testbed.ts';
import {
  type AtRate,
  COUNTED_RATE,
  type LatencyFigures,
  latencyLines,
  latencyVerdicts,
  type RateRound,
  summarizeRate,
} from './latency-at-rate-report.ts';

const WARM_UP = { rate: 500, seconds: 3 };
/** A slow rate is measured longer, until a p99 is more than the slowest few. */
const LEAST_EVENTS = 500;
const IDLE_AFTER_MS = 1_000;

export const latencyAtRateScenario: Scenario<LatencyFigures> = {
  name: 'latency',
  summary: 'callback to response and to merchant by rate, with CPU time and statements an event',
  measure,
  lines: latencyLines,
  verdicts: latencyVerdicts,
  picture: latencyChart,
};

interface Measured {
  readonly testbed: Testbed;
  readonly receiver: Receiver;
  readonly merchant: InProcessEndpoint;
}

async function measure({ settings, report, show }: Run): Promise<LatencyFigures> {
  const { rounds, rates, seconds } = settings;
  const merchant = await startInProcessEndpoint();
  const testbed = await openTestbed(settings.profile, { preload: STATEMENTS_LIBRARY });
  try {
    const receiver = await testbed.startReceiver({ webhookUrl: merchant.url });
    const on: Measured = { testbed, receiver, merchant };
    const secondsAt = (rate: number) => Math.max(seconds, Math.ceil(LEAST_EVENTS / rate));
    show('warm-up');
    await runAt(on, WARM_UP);
    show(`statements at ${COUNTED_RATE}/s`);
    const { counted, events } = await countAt(on, secondsAt(COUNTED_RATE));
    const idleCpu = await idleCpuOf(on, seconds);
    report(`statements counted by ${counted.by}`);
    const measured = new Map(rates.map((rate): [number, RateRound[]] => [rate, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const rate of rates) {
        show(`round ${round} of ${rounds}: ${rate}/s`);
        measured.get(rate)?.push(await runAt(on, { rate, seconds: secondsAt(rate) }));
      }
      report(`round ${round} of ${rounds}`);
    }
    const atRates: AtRate[] = [...measured].map(([rate, all]) => summarizeRate(rate, all));
    return { atRates, statements: { ...counted, events }, idleCpuMsASecond: idleCpu };
  } finally {
    await testbed.stop();
    await merchant.close();
  }
}

let runs = 0;

async function runAt(
  { testbed, receiver, merchant }: Measured,
  at: { readonly rate: number; readonly seconds: number },
): Promise<RateRound> {
  runs += 1;
  const load = await openPacedLoad({ port: receiver.port, merchant, name: `run-${runs}` });
  try {
    const used = await cpuMsUsed(receiver.pid, testbed.postgres.pid);
    const result: PacedResult = await load.run(at);
    const cpu = await used();
    return { ...result, cpuMsAnEvent: cpu === null ? null : dividedBy(cpu, result.events) };
  } finally {
    load.close();
    await receiver.emptyLog();
  }
}

async function countAt(on: Measured, seconds: number) {
  let events = 0;
  const counted = await countStatements(on.testbed.postgres.connectionString, async () => {
    ({ events } = await runAt(on, { rate: COUNTED_RATE, seconds }));
  });
  return { counted, events };
}

/** Returns what the same processes take without any callback. */
async function idleCpuOf({ testbed, receiver }: Measured, seconds: number): Promise<CpuUse | null> {
  await setTimeout(IDLE_AFTER_MS);
  const used = await cpuMsUsed(receiver.pid, testbed.postgres.pid);
  await setTimeout(seconds * 1_000);
  const cpu = await used();
  return cpu === null ? null : dividedBy(cpu, seconds);
}

function dividedBy({ receiver, postgres }: CpuUse, by: number): CpuUse {
  return { receiver: receiver / by, postgres: postgres / by };
}
