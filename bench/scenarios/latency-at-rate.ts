/**
 * Measures the latency at the steady rate of a busy shop: from sending a callback to the arrival of its event at the
 * merchant. It also counts the statements per event, in and out. One process sends and receives, so one clock times
 * both.
 */
import { setTimeout } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { formatTable } from '../../src/lib/text-table.ts';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { type InProcessEndpoint, startInProcessEndpoint } from '../in-process-endpoint.ts';
import { type Percentiles, percentiles } from '../percentiles.ts';
import { formatMs, type Run, type Scenario } from '../scenario.ts';
import { CALLBACK_PATH, openTestbed, query, SALT } from '../testbed.ts';

const RATES = [200, 500] as const;
const WARM_UP_SECONDS = 2;
const SECONDS_A_ROUND = 10;
const STATEMENTS_AIM = 2.2;
const MEDIAN_AIM_MS = 10;
const P99_AIM_MS = 40;
/** Postgres publishes the counters of a connection up to a second later. */
const COUNTED_AFTER_MS = 1_500;

export interface LatencyAtRate {
  readonly rate: number;
  /** Milliseconds from sending a callback to the arrival of the merchant's request. */
  readonly toMerchant: Percentiles;
  /** Statements of the receiver, including its polls, divided by events. */
  readonly statementsAnEvent: number;
}

export const latencyAtRateScenario: Scenario<readonly LatencyAtRate[]> = {
  name: 'pace',
  summary: 'callback to merchant at a steady pace, and statements an event',
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report }: Run): Promise<readonly LatencyAtRate[]> {
  const merchant = await startInProcessEndpoint();
  const agent = new Agent({ connections: 64 });
  const testbed = await openTestbed(settings.profile);
  const { connectionString } = testbed.postgres;
  try {
    const { baseUrl } = await testbed.startReceiver({ webhookUrl: merchant.url });
    const context = { agent, merchant, baseUrl };
    await sendAt(context, { rate: RATES[0], seconds: WARM_UP_SECONDS, name: 'warm' });
    const all: LatencyAtRate[] = [];
    for (const rate of RATES) {
      const before = await commitsOf(connectionString);
      const samples = await sendAt(context, { rate, seconds: SECONDS_A_ROUND * settings.rounds, name: `at-${rate}` });
      const statements = (await commitsOf(connectionString)) - before;
      all.push({ rate, toMerchant: percentiles(samples), statementsAnEvent: statements / samples.length });
      report(`${rate}/s`);
    }
    return all;
  } finally {
    await testbed.stop();
    await merchant.close();
    await agent.close();
  }
}

interface SendContext {
  readonly agent: Agent;
  readonly merchant: InProcessEndpoint;
  readonly baseUrl: string;
}

/**
 * Sends each callback when it is due, whatever the responses do, each for a new payment. Resolves with the latencies.
 */
async function sendAt(context: SendContext, at: { rate: number; seconds: number; name: string }): Promise<number[]> {
  const total = at.rate * at.seconds;
  const startedAtMs = performance.now();
  const sending: Promise<number>[] = [];
  while (sending.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAtMs) / 1_000) * at.rate));
    while (sending.length < due) sending.push(sendOne(context, `${at.name}-${sending.length}`));
    await setTimeout(1);
  }
  return Promise.all(sending);
}

async function sendOne({ agent, merchant, baseUrl }: SendContext, id: string): Promise<number> {
  const arrived = merchant.expect(id);
  const sentAtMs = performance.now();
  const url = `${baseUrl}${CALLBACK_PATH}?c=UNFREEZE&p=${id}&d=${computeDigest('sha1', id, SALT)}`;
  const { statusCode, body } = await request(url, { dispatcher: agent });
  await body.dump();
  if (statusCode !== 204) throw new Error(`the response to a callback was ${statusCode}`);
  return (await arrived) - sentAtMs;
}

/** Counts commits: each statement of the receiver is a transaction of its own. */
async function commitsOf(connectionString: string): Promise<number> {
  await setTimeout(COUNTED_AFTER_MS);
  const text = 'select xact_commit::int as commits from pg_stat_database where datname = current_database()';
  return (await query<{ commits: number }>(connectionString, text))[0]?.commits ?? Number.NaN;
}

function lines(all: readonly LatencyAtRate[]): string[] {
  return formatTable(
    ['At', 'Callback → merchant: median', 'p99', 'Max', 'Statements an event'],
    all.map(({ rate, toMerchant: { median, p99, max }, statementsAnEvent }) => {
      return [`${rate}/s`, formatMs(median), formatMs(p99), formatMs(max), statementsAnEvent.toFixed(2)];
    }),
  );
}

function verdicts(all: readonly LatencyAtRate[]) {
  const [slow, fast] = [all[0], all.at(-1)];
  if (slow === undefined || fast === undefined) return [];
  const { median, p99 } = fast.toMerchant;
  return [
    {
      figure: `callback → merchant at ${fast.rate}/s, median / p99`,
      ours: `${formatMs(median)} / ${formatMs(p99)}`,
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
