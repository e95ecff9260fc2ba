/**
 * Both ways at once: callbacks come in and go out to the merchant, four events a payment. First as many as it takes, until
 * the last of them is delivered: what it can sustain. Then at fixed shares of that, with the age of the oldest undelivered
 * event, which stays small as long as the way out keeps up.
 */
import { formatTable } from '../../src/lib/text-table.ts';
import { allDelivered, oldestUndeliveredMs } from '../backlog-age.ts';
import { startEndpoint } from '../endpoint.ts';
import { CONNECTIONS, type LoadProcess, startLoad } from '../load.ts';
import { type Rounds, roundsOf, type Spread, spreadOf } from '../percentiles.ts';
import type { Receiver } from '../receiver.ts';
import { msText, type Run, rateText, type Scenario } from '../scenario.ts';
import { openBench } from '../testbed.ts';
import { watchDuring } from '../watch-process.ts';

const WARM_UP_SECONDS = 2;
const SHARES = [0.5, 0.8] as const;
const LOOK_EVERY_MS = 100;

export interface AtRate {
  /** Of what is sustained. */
  readonly share: number;
  readonly rate: number;
  /** Milliseconds of the answer. */
  readonly answer: Spread;
  /** Milliseconds since the oldest undelivered event came; 0 when there is none. */
  readonly oldest: Spread;
}

export interface ThroughFigures {
  /** Callbacks a second, counted until the last event of them was delivered. */
  readonly sustained: Rounds;
  /** Answered a second, while the events waited in the database. */
  readonly taken: Rounds;
  readonly atRates: readonly AtRate[];
}

export const throughScenario: Scenario<ThroughFigures> = {
  name: 'through',
  summary: 'callbacks in and deliveries out together, with the age of the oldest undelivered event',
  measure,
  lines,
  verdicts,
};

export interface World {
  readonly load: LoadProcess;
  readonly receiver: Receiver;
  readonly connectionString: string;
}

async function measure({ settings, report }: Run): Promise<ThroughFigures> {
  const bench = await openBench(settings.profile);
  const load = startLoad();
  const endpoint = await startEndpoint();
  try {
    const { connectionString } = bench.postgres;
    const receiver = await bench.startReceiver({ webhookUrl: endpoint.url });
    const world = { load, receiver, connectionString };
    await sustain(world, WARM_UP_SECONDS);
    const rounds: { taken: number; sustained: number }[] = [];
    for (let round = 1; round <= settings.rounds; round += 1) {
      const measured = await sustain(world, settings.seconds);
      rounds.push(measured);
      report(`round ${round} of ${settings.rounds}: ${measured.sustained.toFixed(0)}/s in and out`);
    }
    const sustained = roundsOf(rounds.map((round) => round.sustained));
    const atRates: AtRate[] = [];
    for (const share of SHARES) {
      const rate = Math.max(1, Math.round(sustained.median * share));
      report(`${rate}/s …`);
      atRates.push({ share, rate, ...(await runAt(world, rate, settings.seconds * settings.rounds)) });
    }
    return { sustained, taken: roundsOf(rounds.map((round) => round.taken)), atRates };
  } finally {
    await endpoint.stop();
    await load.stop();
    await bench.stop();
  }
}

/** Also what other scenarios take as the rate that a receiver can bear. */
export async function sustain({ load, receiver, connectionString }: World, seconds: number) {
  const { answered, perSecond } = await load.run({ receivers: [receiver], seconds, comesBack: true });
  const answeredAtMs = performance.now();
  await allDelivered(connectionString);
  const tookMs = (answered / perSecond) * 1_000 + performance.now() - answeredAtMs;
  return { taken: perSecond, sustained: (answered / tookMs) * 1_000 };
}

async function runAt({ load, receiver, connectionString }: World, rate: number, seconds: number) {
  const { result, seen } = await watchDuring(
    load.run({ receivers: [receiver], seconds, rate, comesBack: true }),
    () => oldestUndeliveredMs(connectionString),
    LOOK_EVERY_MS,
  );
  await allDelivered(connectionString);
  return { answer: result.answer, oldest: spreadOf(seen) };
}

function lines({ sustained, taken, atRates }: ThroughFigures): string[] {
  const spread = ({ median, p99, max }: Spread) => `${msText(median)} / ${msText(p99)} / ${msText(max)}`;
  const rows = atRates.map(({ share, rate, answer, oldest }) => [
    `${rate}/s, ${share * 100} %`,
    spread(answer),
    spread(oldest),
  ]);
  return [
    `In and out together, ${CONNECTIONS} connections: ${rateText(sustained)} until the last is delivered.`,
    `Answered meanwhile ${rateText(taken)}: what the way out has not sent yet waits in the database.`,
    ...formatTable(['At', 'Answer, median / p99 / max', 'Oldest undelivered event, median / p99 / max'], rows),
  ];
}

function verdicts({ sustained, atRates }: ThroughFigures) {
  const rows = atRates.map(({ rate, oldest }) => ({
    figure: `oldest undelivered event at ${rate}/s, median / p99`,
    ours: `${msText(oldest.median)} / ${msText(oldest.p99)}`,
    peers: '',
    aim: '',
    met: null,
  }));
  return [{ figure: 'in and out together', ours: rateText(sustained), peers: '', aim: '', met: null }, ...rows];
}
