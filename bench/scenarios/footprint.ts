/**
 * What the receiver takes from the machine: from its start to ready on a migrated database, resident memory before, under
 * and after a sustained load in both ways, and processor time for a thousand callbacks, its own and that of Postgres.
 */
import { setTimeout } from 'node:timers/promises';
import { allDelivered } from '../backlog-age.ts';
import { cpuMsOf, residentMiBOf, treeCpuMsOf } from '../cpu.ts';
import { startEndpoint } from '../endpoint.ts';
import { startLoad } from '../load.ts';
import { type Rounds, roundsOf } from '../percentiles.ts';
import type { Run, Scenario } from '../scenario.ts';
import { type Bench, openBench } from '../testbed.ts';
import { watchDuring } from '../watch-process.ts';
import { sustain, type World } from './end-to-end.ts';
import { type FootprintFigures, footprintLines, footprintVerdicts } from './footprint-report.ts';

/** A load is given in pieces, so that its log never grows beyond one of them. */
const PIECE_SECONDS = 10;
const LOOK_EVERY_MS = 250;
const REST_MS = 5_000;
const PROBE_SECONDS = 4;

export const footprintScenario: Scenario<FootprintFigures> = {
  name: 'footprint',
  summary: 'start to ready, resident memory and processor time under a sustained load in both ways',
  measure,
  lines: footprintLines,
  verdicts: footprintVerdicts,
};

async function measure({ settings, report }: Run): Promise<FootprintFigures> {
  const bench = await openBench(settings.profile);
  const load = startLoad();
  const endpoint = await startEndpoint();
  try {
    const readyAfterMs = await measureStarts(bench, settings.rounds);
    const receiver = await bench.startReceiver({ webhookUrl: endpoint.url });
    const { connectionString } = bench.postgres;
    const world = { load, receiver, connectionString };
    const resident = async () => (await residentMiBOf(receiver.pid)) ?? Number.NaN;
    await setTimeout(REST_MS);
    const idle = await resident();
    const { sustained } = await sustain(world, PROBE_SECONDS);
    const rate = Math.round(sustained / 2);
    const pieces = Math.max(1, Math.round((settings.minutes * 60) / PIECE_SECONDS));
    report(`${rate}/s for ${pieces * PIECE_SECONDS} s …`);
    const { result, seen } = await watchDuring(runPieces(world, bench, { rate, pieces }), resident, LOOK_EVERY_MS);
    await setTimeout(REST_MS);
    const third = Math.max(1, Math.floor(seen.length / 3));
    return {
      readyAfterMs,
      residentMiB: {
        idle,
        under: roundsOf(seen),
        firstThird: roundsOf(seen.slice(0, third)).median,
        lastThird: roundsOf(seen.slice(-third)).median,
        after: await resident(),
      },
      restMs: REST_MS,
      load: { rate, seconds: pieces * PIECE_SECONDS },
      cpuMsPerThousand: result,
    };
  } finally {
    await endpoint.stop();
    await load.stop();
    await bench.stop();
  }
}

/** On the same database, which the first of them has migrated: that one is not counted. */
async function measureStarts(bench: Bench, rounds: number): Promise<Rounds> {
  const all: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const receiver = await bench.startReceiver({ webhookUrl: null });
    if (round > 0) all.push(receiver.readyAfterMs);
    await bench.stopReceivers();
  }
  return roundsOf(all);
}

async function runPieces(
  { load, receiver, connectionString }: World,
  bench: Bench,
  on: { rate: number; pieces: number },
) {
  const used = async () => [await cpuMsOf(receiver.pid), await treeCpuMsOf(bench.postgres.pid)] as const;
  const before = await used();
  let answered = 0;
  for (let piece = 0; piece < on.pieces; piece += 1) {
    const wish = { receivers: [receiver], seconds: PIECE_SECONDS, rate: on.rate, comesBack: true };
    answered += (await load.run(wish)).answered;
  }
  await allDelivered(connectionString);
  const after = await used();
  const perThousand = (index: 0 | 1) => (((after[index] ?? 0) - (before[index] ?? 0)) / answered) * 1_000;
  return before[0] === null ? null : { receiver: perThousand(0), postgres: perThousand(1) };
}
