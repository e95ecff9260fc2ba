/** Callbacks through the front door, each again until it is answered 204, as Resurs does. */
import { setTimeout } from 'node:timers/promises';
import { Agent } from 'undici';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { sendCallbackRequest } from '../../src/simulator/send-callback.ts';
import type { World } from './testbed.ts';

const TRY_AGAIN_AFTER_MS = 100;
const EVENTS_A_PAYMENT = 2;

export interface Callback {
  readonly paymentId: string;
  /** No two of a payment are equal. */
  readonly body: string;
}

export interface Sent {
  /** When each was answered 204, and how long the first request for it took, in the order of the answers. */
  readonly answers: readonly { readonly atMs: number; readonly tookMs: number }[];
  /** Requests that were not answered 204. */
  readonly refused: number;
}

export interface Sending {
  readonly connections: number;
  /** What each connection rests after an answer. */
  readonly pauseMs?: number;
}

/** Two a payment, all first ones before all second ones. */
export function* callbacksOf(prefix: string, count: number): Generator<Callback> {
  const payments = Math.ceil(count / EVENTS_A_PAYMENT);
  for (let n = 0; n < count; n += 1) {
    yield { paymentId: `${prefix}-${n % payments}`, body: JSON.stringify({ n }) };
  }
}

/** Resolves when all were answered 204. Throws when the run is stopped. */
export async function sendCallbacks(
  world: World,
  callbacks: Iterator<Callback>,
  { connections, pauseMs = 0 }: Sending,
): Promise<Sent> {
  const agent = new Agent({ connections });
  const answers: { atMs: number; tookMs: number }[] = [];
  let refused = 0;
  const work = async (): Promise<void> => {
    for (let next = callbacks.next(); next.done !== true; next = callbacks.next()) {
      const startedAtMs = performance.now();
      let tookMs: number | null = null;
      for (let turn = 0; ; turn += 1) {
        const isTaken = await sendOnce(world, agent, next.value, turn);
        tookMs ??= performance.now() - startedAtMs;
        if (isTaken) break;
        refused += 1;
        await setTimeout(TRY_AGAIN_AFTER_MS, undefined, { signal: world.signal });
      }
      answers.push({ atMs: performance.now(), tookMs });
      if (pauseMs > 0) await setTimeout(pauseMs, undefined, { signal: world.signal });
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, work));
  } finally {
    await agent.destroy();
  }
  return { answers, refused };
}

/** The receivers take turns. */
async function sendOnce(world: World, agent: Agent, { paymentId, body }: Callback, turn: number): Promise<boolean> {
  const { replicas, salt, signal } = world;
  const replica = replicas[(Number(/\d+$/.exec(paymentId)?.[0] ?? 0) + turn) % replicas.length];
  const target = `/callbacks/resurs?c=UPDATE&p=${paymentId}&d=${computeDigest('sha1', paymentId, salt)}`;
  const shot = { method: 'POST', url: `${replica?.url()}${target}`, body, authorization: null, tryNumber: 1 } as const;
  const answer = await sendCallbackRequest(agent, shot, signal);
  return answer.outcome === 'answered' && answer.status === 204;
}
