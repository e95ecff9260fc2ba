/**
 * Sends sequences of callbacks as Resurs would: those of one sequence never overtake each other, sequences run at once,
 * and a try that failed is followed by the next one of Resurs' schedule. What a try consists of is the sender's matter.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import { MAX_TRIES } from '../protocol/ecom/retry-schedule.ts';
import { delayBeforeTryMs } from './faster-schedule.ts';
import {
  type CallbackTry,
  lostCallback,
  type ReportedCallback,
  type SimulatedCallback,
  summarizeCallback,
} from './result.ts';

/** How fast, how often and how many at once. */
export interface Pace {
  /** How many times faster than Resurs' schedule; the timeout of one request stays as it is. */
  readonly speed: number;
  /** Maximum tries of one callback, including the first. */
  readonly attempts: number;
  /** Sequences that run at once. */
  readonly concurrency: number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** What a try may use. */
export interface TryContext {
  readonly dispatcher: Dispatcher;
  readonly stop: AbortSignal;
}

/** The outcome of a try: its requests, and whether the callback ends with it. */
export interface TryOutcome {
  readonly requests: readonly CallbackTry[];
  readonly ended: boolean;
}

/** Makes the try with this number, from 1. */
export type MakeTry = (tryNumber: number, context: TryContext) => Promise<TryOutcome>;

/** Called when a callback begins, before its first try. Null: it is lost, and no try of it is made. */
export type BeginCallback<C> = (callback: C) => MakeTry | null;

/** An expected refusal is retried a few times only: enough to see that it stays one. */
const TRIES_OF_EXPECTED_REFUSAL = 3;

/**
 * Sends all sequences and returns the callbacks in their order. Never throws for what the receiver does. When `signal`
 * fires, callbacks that were interrupted or not started are left out. Nothing is in flight any more on return.
 */
export async function runSequences<C extends ReportedCallback>(
  sequences: readonly (readonly C[])[],
  begin: BeginCallback<C>,
  pace: Pace,
): Promise<SimulatedCallback[]> {
  const dispatcher = new Agent();
  const finished = new AbortController();
  const stop = AbortSignal.any([finished.signal, ...(pace.signal === undefined ? [] : [pace.signal])]);
  const ended: SimulatedCallback[][] = sequences.map(() => []);
  const waiting = sequences.entries();
  const worker = async (): Promise<void> => {
    for (const [index, sequence] of waiting) {
      for (const callback of sequence) {
        ended[index]?.push(await sendCallback(callback, begin(callback), { ...pace, dispatcher, stop }));
      }
    }
  };

  try {
    await Promise.all(Array.from({ length: pace.concurrency }, worker));
  } catch (error) {
    if (pace.signal?.aborted !== true) throw error;
  } finally {
    finished.abort();
    await dispatcher.destroy();
  }
  return ended.flat();
}

/** Tries by the schedule until a try that ends the callback, or the last one. */
async function sendCallback(
  callback: ReportedCallback,
  makeTry: MakeTry | null,
  context: Pace & TryContext,
): Promise<SimulatedCallback> {
  if (makeTry === null) return lostCallback(callback);
  const limit = callback.expected.status < 300 ? MAX_TRIES : TRIES_OF_EXPECTED_REFUSAL;
  const maxTries = Math.max(1, Math.min(context.attempts, limit));
  const sleep = context.sleep ?? ((ms, signal) => wait(ms, undefined, { signal }));
  const tries: CallbackTry[] = [];
  for (let tryNumber = 1; tryNumber <= maxTries; tryNumber += 1) {
    if (tryNumber > 1) await sleep(delayBeforeTryMs(tryNumber, context.speed), context.stop);
    const { requests, ended } = await makeTry(tryNumber, context);
    tries.push(...requests);
    if (ended) break;
  }
  return summarizeCallback(callback, tries);
}
