/**
 * Sends one callback to a random replica, and retries on another one until the response is 204. A refused connection, a
 * reset, five seconds without a response, and a 503 all lead to a retry.
 */
import { setTimeout } from 'node:timers/promises';
import type { Agent } from 'undici';
import type { Random } from '../../src/lib/clock.ts';
import { sendCallbackRequest } from '../../src/simulator/send-callback.ts';
import { between, pick } from '../../test/harness/random.ts';
import type { Replica } from '../replica.ts';
import type { SentTry } from './evidence.ts';
import { type CallbackSecrets, type PlannedCallback, requestOf } from './planned-callback.ts';

const TRY_AGAIN_AFTER_MS = [50, 400] as const;

export interface SendOptions {
  readonly agent: Agent;
  readonly replicas: readonly Replica[];
  readonly secrets: CallbackSecrets;
  /** Aborts the sending, which then rejects. */
  readonly signal: AbortSignal;
}

/** A `SentCallback` while it is being sent. */
export interface Sending {
  readonly callback: PlannedCallback;
  readonly tries: SentTry[];
  readonly metSlowCommit: boolean;
  /** The replica of the latest try. */
  replica: Replica | null;
}

/** Resolves when the callback, and its planned repeat, were answered 204. The first try avoids the replica `avoid`. */
export async function sendPlanned(
  context: SendOptions,
  sending: Sending,
  { random, avoid }: { readonly random: Random; readonly avoid: Replica | null },
): Promise<void> {
  const first = another(context, random, [avoid]);
  const accepted = sendUntilAccepted(context, sending, { random, first });
  switch (sending.callback.repeat) {
    case 'none':
      return accepted;
    case 'again':
      await accepted;
      return sendUntilAccepted(context, sending, { random, first: another(context, random, []) });
    case 'together': {
      const second = another(context, random, [avoid, first]);
      await Promise.all([accepted, sendUntilAccepted(context, sending, { random, first: second })]);
    }
  }
}

async function sendUntilAccepted(
  context: SendOptions,
  sending: Sending,
  { random, first }: { readonly random: Random; readonly first: Replica | undefined },
): Promise<void> {
  let replica = first;
  while (replica !== undefined) {
    sending.replica = replica;
    const sentAtMs = performance.now();
    const { target, ...type } = requestOf(sending.callback, context.secrets);
    const sent = { method: 'POST', url: replica.url() + target, body: sending.callback.content, ...type } as const;
    const request = { ...sent, authorization: null, tryNumber: 1 };
    const response = await sendCallbackRequest(context.agent, request, context.signal);
    const status = response.outcome === 'answered' ? response.status : response.outcome;
    sending.tries.push({ replica: replica.name, sentAtMs, endedAtMs: performance.now(), response: status });
    if (status === 204) return;
    await setTimeout(between(random, TRY_AGAIN_AFTER_MS), undefined, { signal: context.signal });
    replica = another(context, random, []);
  }
}

function another({ replicas }: SendOptions, random: Random, avoid: readonly (Replica | null | undefined)[]) {
  const others = replicas.filter((replica) => !avoid.includes(replica));
  return pick(random, others.length > 0 ? others : replicas);
}
