/**
 * At a steady pace, as a busy shop has it: how long a callback takes from being sent to the merchant's having its event, and
 * how many statements an event costs Postgres, in and out. One process sends and receives, so one clock times both.
 */
import { setTimeout } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { formatTable } from '../../src/lib/text-table.ts';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { type InProcessEndpoint, startInProcessEndpoint } from '../in-process-endpoint.ts';
import { type Spread, spreadOf } from '../percentiles.ts';
import { msText, type Run, type Scenario } from '../scenario.ts';
import { CALLBACK_PATH, openBench, query, SALT } from '../testbed.ts';

const RATES = [200, 500] as const;
const WARM_UP_SECONDS = 2;
const SECONDS_A_ROUND = 10;
const STATEMENTS_AIM = 2.2;
const MEDIAN_AIM_MS = 10;
const P99_AIM_MS = 40;
/** Postgres counts what a connection does a second later. */
const COUNTED_AFTER_MS = 1_500;

export interface AtPace {
  readonly rate: number;
  /** Milliseconds from sending a callback to the merchant's having the request. */
  readonly toMerchant: Spread;
  /** Statements of the receiver, its polls included, by events. */
  readonly statementsAnEvent: number;
}

export const paceScenario: Scenario<readonly AtPace[]> = {
  name: 'pace',
  summary: 'callback to merchant at a steady pace, and statements an event',
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report }: Run): Promise<readonly AtPace[]> {
  const merchant = await startInProcessEndpoint();
  const agent = new Agent({ connections: 64 });
  const bench = await openBench(settings.profile);
  const { connectionString } = bench.postgres;
  try {
    const { baseUrl } = await bench.startReceiver({ webhookUrl: merchant.url });
    const world = { agent, merchant, baseUrl };
    await sendAt(world, { rate: RATES[0], seconds: WARM_UP_SECONDS, name: 'warm' });
    const all: AtPace[] = [];
    for (const rate of RATES) {
      const before = await commitsOf(connectionString);
      const samples = await sendAt(world, { rate, seconds: SECONDS_A_ROUND * settings.rounds, name: `at-${rate}` });
      const statements = (await commitsOf(connectionString)) - before;
      all.push({ rate, toMerchant: spreadOf(samples), statementsAnEvent: statements / samples.length });
      report(`${rate}/s`);
    }
    return all;
  } finally {
    await bench.stop();
    await merchant.close();
    await agent.close();
  }
}

interface World {
  readonly agent: Agent;
  readonly merchant: InProcessEndpoint;
  readonly baseUrl: string;
}

/** Sends each callback at its time, whatever the answers do, every one of a payment of its own. Resolves with the times. */
async function sendAt(world: World, at: { rate: number; seconds: number; name: string }): Promise<number[]> {
  const total = at.rate * at.seconds;
  const startedAtMs = performance.now();
  const sending: Promise<number>[] = [];
  while (sending.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAtMs) / 1_000) * at.rate));
    while (sending.length < due) sending.push(sendOne(world, `${at.name}-${sending.length}`));
    await setTimeout(1);
  }
  return Promise.all(sending);
}

async function sendOne({ agent, merchant, baseUrl }: World, id: string): Promise<number> {
  const arrived = merchant.expect(id);
  const sentAtMs = performance.now();
  const url = `${baseUrl}${CALLBACK_PATH}?c=UNFREEZE&p=${id}&d=${computeDigest('sha1', id, SALT)}`;
  const { statusCode, body } = await request(url, { dispatcher: agent });
  await body.dump();
  if (statusCode !== 204) throw new Error(`a callback was answered ${statusCode}`);
  return (await arrived) - sentAtMs;
}

/** Each statement of the receiver is a transaction of its own. */
async function commitsOf(connectionString: string): Promise<number> {
  await setTimeout(COUNTED_AFTER_MS);
  const text = 'select xact_commit::int as commits from pg_stat_database where datname = current_database()';
  return (await query<{ commits: number }>(connectionString, text))[0]?.commits ?? Number.NaN;
}

function lines(all: readonly AtPace[]): string[] {
  return formatTable(
    ['At', 'Callback → merchant: median', 'p99', 'Max', 'Statements an event'],
    all.map(({ rate, toMerchant: { median, p99, max }, statementsAnEvent }) => {
      return [`${rate}/s`, msText(median), msText(p99), msText(max), statementsAnEvent.toFixed(2)];
    }),
  );
}

function verdicts(all: readonly AtPace[]) {
  const [slow, fast] = [all[0], all.at(-1)];
  if (slow === undefined || fast === undefined) return [];
  const { median, p99 } = fast.toMerchant;
  return [
    {
      figure: `callback → merchant at ${fast.rate}/s, median / p99`,
      ours: `${msText(median)} / ${msText(p99)}`,
      peers: '',
      aim: `≤ ${MEDIAN_AIM_MS} ms / ≤ ${P99_AIM_MS} ms`,
      met: median <= MEDIAN_AIM_MS && p99 <= P99_AIM_MS,
    },
    {
      figure: `statements an event, in and out at ${slow.rate}/s`,
      ours: slow.statementsAnEvent.toFixed(2),
      peers: '',
      aim: `≤ ${STATEMENTS_AIM}`,
      met: slow.statementsAnEvent <= STATEMENTS_AIM,
    },
  ];
}
