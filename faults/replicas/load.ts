/**
 * Plays Resurs, all payments at once. Within a payment the next fact is sent only when the one before was taken, but for
 * the one that follows a slow commit: that one is sent to another replica while the commit is held up.
 */
import { setTimeout } from 'node:timers/promises';
import { Agent } from 'undici';
import { randomFor } from '../random.ts';
import type { Replica } from '../replica.ts';
import type { SentFact } from './evidence.ts';
import type { Fact } from './load-plan.ts';
import { type Sending, sendFact } from './send-callback.ts';

export interface LoadOptions {
  readonly plan: readonly (readonly Fact[])[];
  readonly seed: number;
  readonly salt: string;
  readonly replicas: readonly Replica[];
  /** Resolves with true when the commit of a slow fact is being held up. */
  hasCommitBegun(slowId: number, signal: AbortSignal): Promise<boolean>;
  /** Ends the run; what was not taken by then stays so. */
  readonly signal: AbortSignal;
}

export interface Load {
  /** What was sent so far; grows while it is played. */
  readonly sent: readonly SentFact[];
  /** Resolves when everything was taken, or the signal has ended it. */
  readonly done: Promise<void>;
}

interface Stage extends LoadOptions {
  readonly agent: Agent;
  readonly sent: Sending[];
  readonly startedAtMs: number;
}

export function playLoad(options: LoadOptions): Load {
  const stage: Stage = { ...options, agent: new Agent(), sent: [], startedAtMs: performance.now() };
  const play = async (): Promise<void> => {
    try {
      await Promise.all(options.plan.map((facts, index) => playPayment(stage, facts, index)));
    } catch (error) {
      if (!options.signal.aborted) throw error;
    } finally {
      await stage.agent.destroy();
    }
  };
  return { sent: stage.sent, done: play() };
}

/** The fact whose commit is held up, while the next one is on its way. */
interface HeldUp {
  readonly at: Replica | null;
  readonly taken: Promise<void>;
}

async function playPayment(stage: Stage, facts: readonly Fact[], index: number): Promise<void> {
  const { signal, startedAtMs } = stage;
  const random = randomFor(stage.seed, 'load', index);
  let heldUp: HeldUp | null = null;
  for (const fact of facts) {
    const waitMs: number = heldUp === null ? fact.atMs - (performance.now() - startedAtMs) : 0;
    if (waitMs > 0) await setTimeout(waitMs, undefined, { signal });

    const sending: Sending = { fact, tries: [], metSlowCommit: heldUp !== null, at: null };
    stage.sent.push(sending);
    const taken: Promise<void> = sendFact(stage, sending, { random, avoid: heldUp?.at ?? null });
    if (fact.slowId !== null && (await isHeldUp(stage, fact.slowId, taken))) {
      heldUp = { at: sending.at, taken };
      continue;
    }
    await Promise.all([taken, heldUp?.taken]);
    heldUp = null;
  }
}

/** Whether the commit was seen being held up before the fact was taken. */
async function isHeldUp({ hasCommitBegun, signal }: Stage, slowId: number, taken: Promise<void>): Promise<boolean> {
  const over = new AbortController();
  const ended = taken.then(
    () => false,
    () => false,
  );
  const begun = hasCommitBegun(slowId, AbortSignal.any([signal, over.signal]));
  const result = await Promise.race([ended, begun]);
  over.abort();
  await begun;
  return result;
}
