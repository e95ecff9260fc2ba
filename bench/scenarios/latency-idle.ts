/**
 * Idle to delivered: how long after its 204 a single callback reaches the merchant, on the replica that took it and on
 * another one. Beside it, in turn, the round trip of a bare request to the same endpoint: the part that no receiver can
 * save. One callback at a time; nothing else runs.
 */
import { Agent, request } from 'undici';
import { formatTable } from '../../src/lib/text-table.ts';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { type InProcessEndpoint, startInProcessEndpoint } from '../in-process-endpoint.ts';
import { type Spread, spreadOf } from '../percentiles.ts';
import { msText, type Run, type Scenario } from '../scenario.ts';
import { type Bench, CALLBACK_PATH, openBench, SALT } from '../testbed.ts';

const CALLBACKS_A_ROUND = 60;
const MEDIAN_AIM_MS = 10;
const P99_AIM_MS = 40;

/** All in milliseconds. */
export interface IdleFigures {
  /** From our having the 204 to the merchant's having the request. */
  readonly sameReplica: Spread;
  readonly otherReplica: Spread;
  /** A bare POST to the merchant and its answer. */
  readonly bareRequest: Spread;
  /** A callback, from sending it to its 204. */
  readonly answer: Spread;
}

export const idleScenario: Scenario<IdleFigures> = {
  name: 'idle',
  summary: "the time from a 204 to the merchant's request, one callback at a time",
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report }: Run): Promise<IdleFigures> {
  const agent = new Agent();
  const merchant = await startInProcessEndpoint();
  const bench = await openBench(settings.profile);
  const samples = {
    sameReplica: [] as number[],
    otherReplica: [] as number[],
    bareRequest: [] as number[],
    answer: [] as number[],
  };
  try {
    const { baseUrl: near } = await bench.startReceiver({ webhookUrl: merchant.url });
    const far = await startPair(bench, merchant.url);
    for (let round = 0; round <= settings.rounds; round += 1) {
      for (let i = 0; i < CALLBACKS_A_ROUND; i += 1) {
        const same = await sendOne({ agent, merchant, baseUrl: near, id: `near-${round}-${i}` });
        const other = await sendOne({ agent, merchant, baseUrl: far, id: `far-${round}-${i}` });
        const bareMs = await bareRequest(agent, merchant.url);
        // The first round only warms up.
        if (round === 0) continue;
        samples.sameReplica.push(same.deliveredMs);
        samples.otherReplica.push(other.deliveredMs);
        samples.bareRequest.push(bareMs);
        samples.answer.push(same.answeredMs);
      }
      report(`round ${round} of ${settings.rounds}`);
    }
  } finally {
    await bench.stop();
    await merchant.close();
    await agent.close();
  }
  return {
    sameReplica: spreadOf(samples.sameReplica),
    otherReplica: spreadOf(samples.otherReplica),
    bareRequest: spreadOf(samples.bareRequest),
    answer: spreadOf(samples.answer),
  };
}

/** Two replicas: the one that takes callbacks has no webhook, so that what it stores is delivered by the other. */
async function startPair(bench: Bench, webhookUrl: string): Promise<string> {
  const connectionString = await bench.createDatabase('pair');
  await bench.startReceiver({ webhookUrl, connectionString });
  return (await bench.startReceiver({ webhookUrl: null, connectionString })).baseUrl;
}

interface Sending {
  readonly agent: Agent;
  readonly merchant: InProcessEndpoint;
  readonly baseUrl: string;
  readonly id: string;
}

async function sendOne({ agent, merchant, baseUrl, id }: Sending) {
  const arrived = merchant.expect(id);
  const sentAtMs = performance.now();
  const url = `${baseUrl}${CALLBACK_PATH}?c=UNFREEZE&p=${id}&d=${computeDigest('sha1', id, SALT)}`;
  const { statusCode, body } = await request(url, { dispatcher: agent });
  const answeredAtMs = performance.now();
  await body.dump();
  if (statusCode !== 204) throw new Error(`the callback was answered ${statusCode}`);
  const arrivedAtMs = await arrived;
  return { answeredMs: answeredAtMs - sentAtMs, deliveredMs: arrivedAtMs - answeredAtMs };
}

async function bareRequest(agent: Agent, url: string): Promise<number> {
  const sentAtMs = performance.now();
  const { body } = await request(url, { dispatcher: agent, method: 'POST', body: '{"data":{"paymentId":"bare"}}' });
  await body.dump();
  return performance.now() - sentAtMs;
}

function lines({ sameReplica, otherReplica, bareRequest, answer }: IdleFigures): string[] {
  const row = (name: string, { median, p99, max }: Spread) => [name, msText(median), msText(p99), msText(max)];
  return formatTable(
    [`Idle, ${sameReplica.count} callbacks`, 'Median', 'p99', 'Max'],
    [
      row("204 to the merchant's request, same replica", sameReplica),
      row("204 to the merchant's request, another replica", otherReplica),
      row('a bare request to the merchant and back', bareRequest),
      row('a callback to its 204', answer),
    ],
  );
}

function verdicts({ sameReplica: { median, p99 }, bareRequest }: IdleFigures) {
  return [
    {
      figure: "idle, 204 → merchant's request, median / p99",
      ours: `${msText(median)} / ${msText(p99)}`,
      peers: `bare request ${msText(bareRequest.median)} / ${msText(bareRequest.p99)}`,
      aim: `≤ ${MEDIAN_AIM_MS} ms / ≤ ${P99_AIM_MS} ms`,
      met: median <= MEDIAN_AIM_MS && p99 <= P99_AIM_MS,
    },
  ];
}
