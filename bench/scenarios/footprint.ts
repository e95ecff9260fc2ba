/**
 * Measures the resources of a receiver: the time from its start to ready on a migrated database; resident memory
 * before, under and after a sustained load in and out; and CPU time per thousand callbacks, its own and that of
 * Postgres.
 */
import { setTimeout } from 'node:timers/promises';
import { waitUntilAllDelivered } from '../backlog-age.ts';
import { cpuMsUsed, residentMiBOf } from '../cpu.ts';
import { startEndpoint } from '../endpoint.ts';
import { startLoad } from '../load.ts';
import { type Rounds, summarizeRounds } from '../percentiles.ts';
import type { Run, Scenario } from '../scenario.ts';
import { openTestbed, type Testbed } from '../testbed.ts';
import { sampleDuring } from '../watch-process.ts';
import { type EndToEndContext, measureSustained } from './end-to-end.ts';
import { type FootprintFigures, footprintLines, footprintVerdicts } from './footprint-report.ts';

/** The load runs in pieces, so that the receiver's log never grows beyond one of them. */
const PIECE_SECONDS = 10;
const SAMPLE_EVERY_MS = 250;
const REST_MS = 5_000;
const PROBE_SECONDS = 4;
/** The same in every run, so that memory can be compared; less where half of the limit is less. */
const RATE = 450;

export const footprintScenario: Scenario<FootprintFigures> = {
  name: 'footprint',
  summary: 'start to ready, resident memory and CPU time under a sustained load in and out',
  measure,
  lines: footprintLines,
  verdicts: footprintVerdicts,
};

async function measure({ settings, report, show }: Run): Promise<FootprintFigures> {
  const testbed = await openTestbed(settings.profile);
  const load = startLoad();
  const endpoint = await startEndpoint();
  try {
    const readyAfterMs = await measureStarts(testbed, settings.rounds, show);
    const receiver = await testbed.startReceiver({ webhookUrl: endpoint.url });
    const { connectionString } = testbed.postgres;
    const context = { load, receiver, connectionString };
    const resident = async () => (await residentMiBOf(receiver.pid)) ?? Number.NaN;
    await setTimeout(REST_MS);
    const idle = await resident();
    const { sustained } = await measureSustained(context, PROBE_SECONDS);
    const rate = Math.min(RATE, Math.round(sustained / 2));
    const pieces = Math.max(1, Math.round((settings.minutes * 60) / PIECE_SECONDS));
    report(`${rate}/s for ${pieces * PIECE_SECONDS} s …`);
    const { result, samples: seen } = await sampleDuring(
      runPieces(context, testbed, { rate, pieces }),
      resident,
      SAMPLE_EVERY_MS,
    );
    await setTimeout(REST_MS);
    const third = Math.max(1, Math.floor(seen.length / 3));
    return {
      readyAfterMs,
      residentMiB: {
        idle,
        under: summarizeRounds(seen),
        firstThird: summarizeRounds(seen.slice(0, third)).median,
        lastThird: summarizeRounds(seen.slice(-third)).median,
        after: await resident(),
      },
      restMs: REST_MS,
      load: { rate, seconds: pieces * PIECE_SECONDS },
      cpuMsPerThousand: result,
    };
  } finally {
    await endpoint.stop();
    await load.stop();
    await testbed.stop();
  }
}

/** Starts receivers on one database. The first start migrates it and is not counted. */
async function measureStarts(testbed: Testbed, rounds: number, show: Run['show']): Promise<Rounds> {
  const all: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    show(`start ${round} of ${rounds}`);
    const receiver = await testbed.startReceiver({ webhookUrl: null });
    if (round > 0) all.push(receiver.readyAfterMs);
    await testbed.stopReceivers();
  }
  return summarizeRounds(all);
}

async function runPieces(
  { load, receiver, connectionString }: EndToEndContext,
  testbed: Testbed,
  on: { rate: number; pieces: number },
) {
  const usedMs = await cpuMsUsed(receiver.pid, testbed.postgres.pid);
  let answered = 0;
  for (let piece = 0; piece < on.pieces; piece += 1) {
    const options = { receivers: [receiver], seconds: PIECE_SECONDS, rate: on.rate, isRepeated: true };
    answered += (await load.run(options)).answered;
  }
  await waitUntilAllDelivered(connectionString);
  const used = await usedMs();
  const perThousand = (ms: number) => (ms / answered) * 1_000;
  return used === null ? null : { receiver: perThousand(used.receiver), postgres: perThousand(used.postgres) };
}
