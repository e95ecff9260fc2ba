/**
 * Measures the latency of an idle receiver: the time from a callback's 204 to its delivery, on the replica that
 * accepted it and on another one. Interleaved with it: the round trip of a bare request to the same endpoint, which no
 * receiver can avoid. One callback at a time; nothing else runs.
 */
import { Agent, request } from 'undici';
import { formatTable } from '../../src/lib/text-table.ts';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { type InProcessEndpoint, startInProcessEndpoint } from '../in-process-endpoint.ts';
import { type Percentiles, percentiles } from '../percentiles.ts';
import { formatMs, latencyVerdict, type Run, type Scenario } from '../scenario.ts';
import { CALLBACK_PATH, openTestbed, SALT, type Testbed } from '../testbed.ts';

const CALLBACKS_A_ROUND = 60;
const AIMS_MS = { median: 2.1, p99: 6 };
/** Of the median, on another replica. */
const OTHER_AIM_MS = 30;

/** All in milliseconds. */
export interface LatencyIdleFigures {
  /** From the arrival of the 204 to the arrival of the merchant's request. */
  readonly sameReplica: Percentiles;
  readonly otherReplica: Percentiles;
  /** A bare POST to the merchant, until its response. */
  readonly bareRequest: Percentiles;
  /** From sending a callback to its 204. */
  readonly answer: Percentiles;
}

export const latencyIdleScenario: Scenario<LatencyIdleFigures> = {
  name: 'idle',
  summary: "the time from a 204 to the merchant's request, one callback at a time",
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report, show }: Run): Promise<LatencyIdleFigures> {
  const agent = new Agent();
  const merchant = await startInProcessEndpoint();
  const testbed = await openTestbed(settings.profile);
  const samples = {
    sameReplica: [] as number[],
    otherReplica: [] as number[],
    bareRequest: [] as number[],
    answer: [] as number[],
  };
  try {
    const { baseUrl: near } = await testbed.startReceiver({ webhookUrl: merchant.url });
    const far = await startPair(testbed, merchant.url);
    for (let round = 0; round <= settings.rounds; round += 1) {
      show(round === 0 ? 'warm-up' : `round ${round} of ${settings.rounds}`);
      for (let i = 0; i < CALLBACKS_A_ROUND; i += 1) {
        const same = await sendOne({ agent, merchant, baseUrl: near, id: `near-${round}-${i}` });
        const other = await sendOne({ agent, merchant, baseUrl: far, id: `far-${round}-${i}` });
        const bareMs = await bareRequest(agent, merchant.url);
        // The first round is the warm-up.
        if (round === 0) continue;
        samples.sameReplica.push(same.deliveredMs);
        samples.otherReplica.push(other.deliveredMs);
        samples.bareRequest.push(bareMs);
        samples.answer.push(same.answeredMs);
      }
      if (round > 0) report(`round ${round} of ${settings.rounds}`);
    }
  } finally {
    await testbed.stop();
    await merchant.close();
    await agent.close();
  }
  return {
    sameReplica: percentiles(samples.sameReplica),
    otherReplica: percentiles(samples.otherReplica),
    bareRequest: percentiles(samples.bareRequest),
    answer: percentiles(samples.answer),
  };
}

/** Starts two replicas. The one that gets the callbacks has no webhook, so the other one delivers their events. */
async function startPair(testbed: Testbed, webhookUrl: string): Promise<string> {
  const connectionString = await testbed.createDatabase('pair');
  await testbed.startReceiver({ webhookUrl, connectionString });
  return (await testbed.startReceiver({ webhookUrl: null, connectionString })).baseUrl;
}

interface SendOptions {
  readonly agent: Agent;
  readonly merchant: InProcessEndpoint;
  readonly baseUrl: string;
  readonly id: string;
}

async function sendOne({ agent, merchant, baseUrl, id }: SendOptions) {
  const arrived = merchant.expect(id);
  const sentAtMs = performance.now();
  const url = `${baseUrl}${CALLBACK_PATH}?c=UNFREEZE&p=${id}&d=${computeDigest('sha1', id, SALT)}`;
  const { statusCode, body } = await request(url, { dispatcher: agent });
  const answeredAtMs = performance.now();
  await body.dump();
  if (statusCode !== 204) throw new Error(`the response to the callback was ${statusCode}`);
  const arrivedAtMs = await arrived;
  return { answeredMs: answeredAtMs - sentAtMs, deliveredMs: arrivedAtMs - answeredAtMs };
}

async function bareRequest(agent: Agent, url: string): Promise<number> {
  const sentAtMs = performance.now();
  const { body } = await request(url, { dispatcher: agent, method: 'POST', body: '{"data":{"paymentId":"bare"}}' });
  await body.dump();
  return performance.now() - sentAtMs;
}

function lines({ sameReplica, otherReplica, bareRequest, answer }: LatencyIdleFigures): string[] {
  const row = (name: string, { median, p99, max }: Percentiles) => [
    name,
    formatMs(median),
    formatMs(p99),
    formatMs(max),
  ];
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

function verdicts({ sameReplica, otherReplica, bareRequest }: LatencyIdleFigures) {
  const peers = `bare request ${formatMs(bareRequest.median)} / ${formatMs(bareRequest.p99)}`;
  return [
    { ...latencyVerdict("idle, 204 → merchant's request", sameReplica, AIMS_MS), peers },
    {
      figure: 'the same on another replica, median / p99',
      ours: `${formatMs(otherReplica.median)} / ${formatMs(otherReplica.p99)}`,
      peers,
      aim: `median ≤ ${OTHER_AIM_MS} ms`,
      met: otherReplica.median <= OTHER_AIM_MS,
    },
  ];
}
