/**
 * Idle to delivered: how long after its 204 a single callback reaches the merchant, on the replica that took it and on
 * another one. Beside it, in turn, the round trip of a bare request to the same endpoint: the part that no receiver can
 * save. One callback at a time; nothing else runs.
 */
import { Agent, request } from 'undici';
import { computeDigest } from '../src/callbacks/digest.ts';
import { type Bench, CALLBACK_PATH, type Endpoint, openBench, openEndpoint, SALT } from './receivers.ts';
import { type Spread, spreadOf } from './spread.ts';

const ROUNDS = 5;
const CALLBACKS_A_ROUND = 60;

export interface IdleFigures {
  /** Milliseconds from our having the 204 to the merchant's having the request. */
  readonly sameReplica: Spread;
  readonly otherReplica: Spread;
  /** Milliseconds of a bare POST to the merchant and its answer. */
  readonly bareRequest: Spread;
  /** Milliseconds of a callback, from sending it to its 204. */
  readonly answer: Spread;
}

export async function measureIdle(report: (line: string) => void): Promise<IdleFigures> {
  const agent = new Agent();
  const arrivals = new Map<string, (atMs: number) => void>();
  const endpoint = await openEndpoint((paymentId, atMs) => arrivals.get(paymentId)?.(atMs));
  const benches = [await openBench(), await openBench()] as const;
  try {
    const same = await benches[0].startReceiver(endpoint.url);
    const other = await startPair(benches[1], endpoint);
    const samples = {
      sameReplica: [] as number[],
      otherReplica: [] as number[],
      bareRequest: [] as number[],
      answer: [] as number[],
    };
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (let i = 0; i < CALLBACKS_A_ROUND; i += 1) {
        const id = `${round}-${i}`;
        const near = await sendOne({ agent, arrivals, baseUrl: same, id: `near-${id}` });
        const far = await sendOne({ agent, arrivals, baseUrl: other, id: `far-${id}` });
        const bareMs = await bareRequest(agent, endpoint.url);
        // The first round only warms up.
        if (round === 0) continue;
        samples.sameReplica.push(near.deliveredMs);
        samples.otherReplica.push(far.deliveredMs);
        samples.bareRequest.push(bareMs);
        samples.answer.push(near.answeredMs);
      }
      report(`round ${round} of ${ROUNDS}`);
    }
    return {
      sameReplica: spreadOf(samples.sameReplica),
      otherReplica: spreadOf(samples.otherReplica),
      bareRequest: spreadOf(samples.bareRequest),
      answer: spreadOf(samples.answer),
    };
  } finally {
    for (const bench of benches) await bench.stop();
    endpoint.close();
    await agent.close();
  }
}

/** Two replicas: the one that takes callbacks has no webhook, so that what it stores is delivered by the other. */
async function startPair(bench: Bench, endpoint: Endpoint): Promise<string> {
  await bench.startReceiver(endpoint.url);
  return bench.startReceiver(null);
}

interface Sending {
  readonly agent: Agent;
  readonly arrivals: Map<string, (atMs: number) => void>;
  readonly baseUrl: string;
  readonly id: string;
}

async function sendOne({
  agent,
  arrivals,
  baseUrl,
  id,
}: Sending): Promise<{ answeredMs: number; deliveredMs: number }> {
  const { promise: arrived, resolve } = Promise.withResolvers<number>();
  arrivals.set(id, resolve);
  const sentAtMs = performance.now();
  const url = `${baseUrl}${CALLBACK_PATH}?c=UNFREEZE&p=${id}&d=${computeDigest('sha1', id, SALT)}`;
  const { statusCode, body } = await request(url, { dispatcher: agent });
  const answeredAtMs = performance.now();
  await body.dump();
  if (statusCode !== 204) throw new Error(`the callback was answered ${statusCode}`);
  const arrivedAtMs = await arrived;
  arrivals.delete(id);
  return { answeredMs: answeredAtMs - sentAtMs, deliveredMs: arrivedAtMs - answeredAtMs };
}

async function bareRequest(agent: Agent, url: string): Promise<number> {
  const sentAtMs = performance.now();
  const { body } = await request(url, { dispatcher: agent, method: 'POST', body: '{"data":{"paymentId":"bare"}}' });
  await body.dump();
  return performance.now() - sentAtMs;
}
