/**
 * Measures callbacks in and deliveries out at the same time, four events a payment. The first part runs as fast as
 * possible until the last event is delivered: the sustained rate. The second part runs at fixed shares of that rate and
 * samples the age of the oldest undelivered event, which stays small as long as deliveries keep up.
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
const SUSTAINED_AIM = 2_500;

export interface AtRate {
  /** Of the sustained rate. */
  readonly share: number;
  readonly rate: number;
  /** Response time in milliseconds. */
  readonly answer: Percentiles;
  /** Age of the oldest undelivered event in milliseconds; 0 when there is none. */
  readonly oldest: Percentiles;
}

export interface EndToEndFigures {
  /** Callbacks a second, until the last of their events was delivered. */
  readonly sustained: Rounds;
  /** Callbacks answered a second, while their events waited in the database. */
  readonly accepted: Rounds;
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

async function measure({ settings, report, show }: Run): Promise<EndToEndFigures> {
  const testbed = await openTestbed(settings.profile);
  const load = startLoad();
  const endpoint = await startEndpoint();
  try {
    const { connectionString } = testbed.postgres;
    const receiver = await testbed.startReceiver({ webhookUrl: endpoint.url });
    const context = { load, receiver, connectionString };
    await measureSustained(context, WARM_UP_SECONDS);
    const rounds: { accepted: number; sustained: number }[] = [];
    for (let round = 1; round <= settings.rounds; round += 1) {
      show(`round ${round} of ${settings.rounds}`);
      const measured = await measureSustained(context, settings.seconds);
      rounds.push(measured);
      report(`round ${round} of ${settings.rounds}: ${measured.sustained.toFixed(0)}/s in and out`);
    }
    const sustained = summarizeRounds(rounds.map((round) => round.sustained));
    const atRates: AtRate[] = [];
    for (const share of SHARES) {
      const rate = Math.max(1, Math.round(sustained.median * share));
      report(`${rate}/s …`);
      atRates.push({ share, rate, ...(await runAt(context, rate, settings.seconds * settings.rounds)) });
    }
    return { sustained, accepted: summarizeRounds(rounds.map((round) => round.accepted)), atRates };
  } finally {
    await endpoint.stop();
    await load.stop();
    await testbed.stop();
  }
}

/** Measures the rate that a receiver can sustain; other scenarios use it, too. */
export async function measureSustained({ load, receiver, connectionString }: EndToEndContext, seconds: number) {
  const { answered, perSecond } = await load.run({ receivers: [receiver], seconds, isRepeated: true });
  const answeredAtMs = performance.now();
  await waitUntilAllDelivered(connectionString);
  const tookMs = (answered / perSecond) * 1_000 + performance.now() - answeredAtMs;
  return { accepted: perSecond, sustained: (answered / tookMs) * 1_000 };
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

function lines({ sustained, accepted, atRates }: EndToEndFigures): string[] {
  const format = ({ median, p99, max }: Percentiles) => `${formatMs(median)} / ${formatMs(p99)} / ${formatMs(max)}`;
  const rows = atRates.map(({ share, rate, answer, oldest }) => [
    `${rate}/s, ${share * 100} %`,
    format(answer),
    format(oldest),
  ]);
  return [
    `In and out together, ${CONNECTIONS} connections: ${formatRate(sustained)} until the last is delivered.`,
    `Accepted meanwhile: ${formatRate(accepted)}. Events that are not sent yet wait in the database.`,
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
  const through = {
    figure: 'in and out together, sustained',
    ours: formatRate(sustained),
    peers: '',
    aim: `≥ ${SUSTAINED_AIM}/s`,
    met: sustained.median >= SUSTAINED_AIM,
  };
  return [through, ...rows];
}
