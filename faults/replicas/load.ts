/**
 * Simulates Resurs for all payments at once. Within a payment the next callback is sent only after the previous one was
 * accepted. The exception follows a slow commit: it goes to another replica while that commit is delayed.
 */
import { setTimeout } from 'node:timers/promises';
import { Agent } from 'undici';
import { randomFor } from '../../test/harness/random.ts';
import type { Replica } from '../replica.ts';
import type { SentCallback } from './evidence.ts';
import type { CallbackSecrets, PlannedCallback } from './planned-callback.ts';
import { type Sending, sendPlanned } from './send-callback.ts';

export interface LoadOptions {
  readonly plan: readonly (readonly PlannedCallback[])[];
  readonly seed: number;
  readonly secrets: CallbackSecrets;
  readonly replicas: readonly Replica[];
  /** Resolves with true once the commit of a slow callback is being delayed. */
  hasCommitBegun(slowId: number, signal: AbortSignal): Promise<boolean>;
  /** Ends the run; callbacks that were not accepted by then are not sent again. */
  readonly signal: AbortSignal;
}

export interface Load {
  /** The callbacks sent so far; grows during the run. */
  readonly sent: readonly SentCallback[];
  /** Resolves when everything was accepted, or the signal has ended it. */
  readonly done: Promise<void>;
}

interface LoadContext extends LoadOptions {
  readonly agent: Agent;
  readonly sent: Sending[];
  readonly startedAtMs: number;
}

/** Starts sending the plan. */
export function runLoad(options: LoadOptions): Load {
  const context: LoadContext = { ...options, agent: new Agent(), sent: [], startedAtMs: performance.now() };
  const send = async (): Promise<void> => {
    try {
      await Promise.all(options.plan.map((callbacks, index) => sendPayment(context, callbacks, index)));
    } catch (error) {
      if (!options.signal.aborted) throw error;
    } finally {
      await context.agent.destroy();
    }
  };
  return { sent: context.sent, done: send() };
}

/** A callback whose commit is delayed while the next one is sent. */
interface DelayedCommit {
  readonly replica: Replica | null;
  readonly accepted: Promise<void>;
}

async function sendPayment(context: LoadContext, callbacks: readonly PlannedCallback[], index: number): Promise<void> {
  const { signal, startedAtMs } = context;
  const random = randomFor(context.seed, 'load', index);
  let delayed: DelayedCommit | null = null;
  for (const callback of callbacks) {
    const waitMs: number = delayed === null ? callback.atMs - (performance.now() - startedAtMs) : 0;
    if (waitMs > 0) await setTimeout(waitMs, undefined, { signal });

    const sending: Sending = { callback, tries: [], metSlowCommit: delayed !== null, replica: null };
    context.sent.push(sending);
    const accepted: Promise<void> = sendPlanned(context, sending, { random, avoid: delayed?.replica ?? null });
    if (callback.slowId !== null && (await isDelayed(context, callback.slowId, accepted))) {
      delayed = { replica: sending.replica, accepted };
      continue;
    }
    await Promise.all([accepted, delayed?.accepted]);
    delayed = null;
  }
}

/** Reports whether the commit was seen being delayed before the callback was accepted. */
async function isDelayed(
  { hasCommitBegun, signal }: LoadContext,
  slowId: number,
  accepted: Promise<void>,
): Promise<boolean> {
  const over = new AbortController();
  const ended = accepted.then(
    () => false,
    () => false,
  );
  const begun = hasCommitBegun(slowId, AbortSignal.any([signal, over.signal]));
  const result = await Promise.race([ended, begun]);
  over.abort();
  await begun;
  return result;
}
