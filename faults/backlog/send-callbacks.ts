/** Sends callbacks to the receivers and retries each one until it is answered 204, as Resurs does. */
import { setTimeout } from 'node:timers/promises';
import { Agent } from 'undici';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { sendCallbackRequest } from '../../src/simulator/send-callback.ts';
import type { Testbed } from './testbed.ts';

const RETRY_DELAY_MS = 100;
const EVENTS_PER_PAYMENT = 2;

export interface Callback {
  readonly paymentId: string;
  /** Different for each callback of a payment. */
  readonly body: string;
}

export interface SendResult {
  /** When each callback was answered 204, and how long its first request took, in order of acceptance. */
  readonly accepted: readonly { readonly atMs: number; readonly tookMs: number }[];
  /** Requests that were not answered 204. */
  readonly refused: number;
}

export interface SendOptions {
  readonly connections: number;
  /** Pause of each connection after a callback was accepted. */
  readonly pauseMs?: number;
}

/** Generates two callbacks per payment, all first ones before all second ones. */
export function* generateCallbacks(prefix: string, count: number): Generator<Callback> {
  const payments = Math.ceil(count / EVENTS_PER_PAYMENT);
  for (let n = 0; n < count; n += 1) {
    yield { paymentId: `${prefix}-${n % payments}`, body: JSON.stringify({ n }) };
  }
}

/** Resolves when all were answered 204. Throws when the run is stopped. */
export async function sendCallbacks(
  testbed: Testbed,
  callbacks: Iterator<Callback>,
  { connections, pauseMs = 0 }: SendOptions,
): Promise<SendResult> {
  const agent = new Agent({ connections });
  const accepted: { atMs: number; tookMs: number }[] = [];
  let refused = 0;
  const work = async (): Promise<void> => {
    for (let next = callbacks.next(); next.done !== true; next = callbacks.next()) {
      const startedAtMs = performance.now();
      let tookMs: number | null = null;
      for (let tryNumber = 0; ; tryNumber += 1) {
        const isAccepted = await sendOnce(testbed, agent, next.value, tryNumber);
        tookMs ??= performance.now() - startedAtMs;
        if (isAccepted) break;
        refused += 1;
        await setTimeout(RETRY_DELAY_MS, undefined, { signal: testbed.signal });
      }
      accepted.push({ atMs: performance.now(), tookMs });
      if (pauseMs > 0) await setTimeout(pauseMs, undefined, { signal: testbed.signal });
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, work));
  } finally {
    await agent.destroy();
  }
  return { accepted, refused };
}

/** Sends one request; each try goes to the next receiver. */
async function sendOnce(
  testbed: Testbed,
  agent: Agent,
  { paymentId, body }: Callback,
  tryNumber: number,
): Promise<boolean> {
  const { replicas, salt, signal } = testbed;
  const replica = replicas[(Number(/\d+$/.exec(paymentId)?.[0] ?? 0) + tryNumber) % replicas.length];
  const target = `/callbacks/resurs?c=UPDATE&p=${paymentId}&d=${computeDigest('sha1', paymentId, salt)}`;
  const request = {
    method: 'POST',
    url: `${replica?.url()}${target}`,
    body,
    authorization: null,
    tryNumber: 1,
  } as const;
  const response = await sendCallbackRequest(agent, request, signal);
  return response.outcome === 'answered' && response.status === 204;
}
