/**
 * One fact on its way in: to a replica chosen by chance, and again at another moment to another one, until it is answered
 * 204. A refused connection, a reset, a silence of five seconds and a 503 are all the same to the sender.
 */
import { setTimeout } from 'node:timers/promises';
import type { Agent } from 'undici';
import type { Random } from '../../src/lib/clock.ts';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { sendCallbackRequest } from '../../src/simulator/send-callback.ts';
import { oneOf, within } from '../random.ts';
import type { Replica } from '../replica.ts';
import type { SentTry } from './evidence.ts';
import type { Fact } from './load-plan.ts';

const TRY_AGAIN_AFTER_MS = [50, 400] as const;

export interface SendOptions {
  readonly agent: Agent;
  readonly replicas: readonly Replica[];
  readonly salt: string;
  /** Ends it; then it rejects. */
  readonly signal: AbortSignal;
}

/** A SentFact while it is being sent. */
export interface Sending {
  readonly fact: Fact;
  readonly tries: SentTry[];
  readonly metSlowCommit: boolean;
  /** Where the latest try went. */
  at: Replica | null;
}

/** Resolves when each callback of the fact was answered 204. `avoid` is not the first one to be sent to. */
export async function sendFact(
  stage: SendOptions,
  sending: Sending,
  { random, avoid }: { readonly random: Random; readonly avoid: Replica | null },
): Promise<void> {
  const first = another(stage, random, [avoid]);
  const taken = sendUntilTaken(stage, sending, { random, first });
  switch (sending.fact.repeat) {
    case 'none':
      return taken;
    case 'again':
      await taken;
      return sendUntilTaken(stage, sending, { random, first: another(stage, random, []) });
    case 'together': {
      const second = another(stage, random, [avoid, first]);
      await Promise.all([taken, sendUntilTaken(stage, sending, { random, first: second })]);
    }
  }
}

async function sendUntilTaken(
  stage: SendOptions,
  sending: Sending,
  { random, first }: { readonly random: Random; readonly first: Replica | undefined },
): Promise<void> {
  let replica = first;
  while (replica !== undefined) {
    sending.at = replica;
    const sentAtMs = performance.now();
    const url = replica.url() + targetOf(sending.fact, stage.salt);
    const shot = { method: 'POST', url, body: sending.fact.fact, authorization: null, tryNumber: 1 } as const;
    const answer = await sendCallbackRequest(stage.agent, shot, stage.signal);
    const status = answer.outcome === 'answered' ? answer.status : answer.outcome;
    sending.tries.push({ replica: replica.name, sentAtMs, endedAtMs: performance.now(), answer: status });
    if (status === 204) return;
    await setTimeout(within(random, TRY_AGAIN_AFTER_MS), undefined, { signal: stage.signal });
    replica = another(stage, random, []);
  }
}

function another({ replicas }: SendOptions, random: Random, avoid: readonly (Replica | null | undefined)[]) {
  const others = replicas.filter((replica) => !avoid.includes(replica));
  return oneOf(random, others.length > 0 ? others : replicas);
}

function targetOf({ paymentId }: Fact, salt: string): string {
  return `/callbacks/resurs?c=UPDATE&p=${paymentId}&d=${computeDigest('sha1', paymentId, salt)}`;
}
