/**
 * Both ways at once: callbacks come in and go out to the merchant, four events a payment. First as many as it takes, until
 * the last of them is delivered: what it can sustain. Then at fixed shares of that, with the age of the oldest undelivered
 * event, which stays small as long as the way out keeps up.
 */
import { formatTable } from '../../src/lib/text-table.ts';
import { oldestUndeliveredMs, waitUntilAllDelivered } from '../backlog-age.ts';
import { startEndpoint } from '../endpoint.ts';
import { CONNECTIONS, type LoadProcess, startLoad } from '../load.ts';
import { type Percentiles, percentiles, type Rounds, summarizeRounds } from '../percentiles.ts';
import type { Receiver } from '../receiver.ts';
import { formatMs, formatRate, type Run, type Scenario } from '../scenario.ts';
import { openTestbed } from '../testbed.ts';
import { sampleDuring } from '../watch-process.ts';

const WARM_UP_SECONDS = 2;
const SHARES = [0.5, 0.8] as const;
const SAMPLE_EVERY_MS = 100;

export interface AtRate {
  /** Of what is sustained. */
  readonly share: number;
  readonly rate: number;
  /** Milliseconds of the answer. */
  readonly answer: Percentiles;
  /** Milliseconds since the oldest undelivered event came; 0 when there is none. */
  readonly oldest: Percentiles;
}

export interface EndToEndFigures {
  /** Callbacks a second, counted until the last event of them was delivered. */
  readonly sustained: Rounds;
  /** Answered a second, while the events waited in the database. */
  readonly taken: Rounds;
  readonly atRates: readonly AtRate[];
}

export const endToEndScenario: Scenario<EndToEndFigures> = {
  name: 'through',
  summary: 'callbacks in and deliveries out together, with the age of the oldest undelivered event',
  measure,
  lines,
  verdicts,
};

export interface EndToEndContext {
  readonly load: LoadProcess;
  readonly receiver: Receiver;
  readonly connectionString: string;
}

async function measure({ settings, report }: Run): Promise<EndToEndFigures> {
  const bench = await openTestbed(settings.profile);
  const load = startLoad();
  const endpoint = await startEndpoint();
  try {
    const { connectionString } = bench.postgres;
    const receiver = await bench.startReceiver({ webhookUrl: endpoint.url });
    const world = { load, receiver, connectionString };
    await measureSustained(world, WARM_UP_SECONDS);
    const rounds: { taken: number; sustained: number }[] = [];
    for (let round = 1; round <= settings.rounds; round += 1) {
      const measured = await measureSustained(world, settings.seconds);
      rounds.push(measured);
      report(`round ${round} of ${settings.rounds}: ${measured.sustained.toFixed(0)}/s in and out`);
    }
    const sustained = summarizeRounds(rounds.map((round) => round.sustained));
    const atRates: AtRate[] = [];
    for (const share of SHARES) {
      const rate = Math.max(1, Math.round(sustained.median * share));
      report(`${rate}/s …`);
      atRates.push({ share, rate, ...(await runAt(world, rate, settings.seconds * settings.rounds)) });
    }
    return { sustained, taken: summarizeRounds(rounds.map((round) => round.taken)), atRates };
  } finally {
    await endpoint.stop();
    await load.stop();
    await bench.stop();
  }
}

/** Also what other scenarios take as the rate that a receiver can bear. */
export async function measureSustained({ load, receiver, connectionString }: EndToEndContext, seconds: number) {
  const { answered, perSecond } = await load.run({ receivers: [receiver], seconds, isRepeated: true });
  const answeredAtMs = performance.now();
  await waitUntilAllDelivered(connectionString);
  const tookMs = (answered / perSecond) * 1_000 + performance.now() - answeredAtMs;
  return { taken: perSecond, sustained: (answered / tookMs) * 1_000 };
}

async function runAt({ load, receiver, connectionString }: EndToEndContext, rate: number, seconds: number) {
  const { result, samples: seen } = await sampleDuring(
    load.run({ receivers: [receiver], seconds, rate, isRepeated: true }),
    () => oldestUndeliveredMs(connectionString),
    SAMPLE_EVERY_MS,
  );
  await waitUntilAllDelivered(connectionString);
  return { answer: result.answer, oldest: percentiles(seen) };
}

function lines({ sustained, taken, atRates }: EndToEndFigures): string[] {
  const spread = ({ median, p99, max }: Percentiles) => `${formatMs(median)} / ${formatMs(p99)} / ${formatMs(max)}`;
  const rows = atRates.map(({ share, rate, answer, oldest }) => [
    `${rate}/s, ${share * 100} %`,
    spread(answer),
    spread(oldest),
  ]);
  return [
    `In and out together, ${CONNECTIONS} connections: ${formatRate(sustained)} until the last is delivered.`,
    `Answered meanwhile ${formatRate(taken)}: what the way out has not sent yet waits in the database.`,
    ...formatTable(['At', 'Answer, median / p99 / max', 'Oldest undelivered event, median / p99 / max'], rows),
  ];
}

function verdicts({ sustained, atRates }: EndToEndFigures) {
  const rows = atRates.map(({ rate, oldest }) => ({
    figure: `oldest undelivered event at ${rate}/s, median / p99`,
    ours: `${formatMs(oldest.median)} / ${formatMs(oldest.p99)}`,
    peers: '',
    aim: '',
    met: null,
  }));
  return [{ figure: 'in and out together', ours: formatRate(sustained), peers: '', aim: '', met: null }, ...rows];
}
