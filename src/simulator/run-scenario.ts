/**
 * Plays Resurs against a receiver: brings every callback of a story home, as Resurs would, and reports how each one ended.
 * A failed POST is followed by a GET of the same URL at once, a failed try by the next one of Resurs' schedule. Nothing here
 * prints or judges beyond "is this the answer that was promised". Callbacks of one track never overtake each other.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import { basicHeader, type Registration } from '../protocol/ecom/registration.ts';
import { callUrl, corruptDigest, type TemplateValues } from './call-url.ts';
import { type CallbackTry, type SimulatedCallback, summarizeCallback } from './result.ts';
import { delayBeforeTryMs, MAX_TRIES } from './retry-schedule.ts';
import type { CallbackSequence, PlannedCallback, SimulatedType } from './scenario.ts';
import { type Method, type OutgoingCallback, sendCallbackRequest } from './send-callback.ts';

export interface SimulationOptions {
  readonly story: readonly CallbackSequence[];
  /** What is registered for a type now; null when nothing is, and nothing can be sent. */
  readonly registrationOf: (type: SimulatedType) => Registration | null;
  /**
   * Whether URL and digest are made once, when a callback begins, or anew at each try (left out), which then ends when
   * nothing is registered any more. Which of them Resurs does is documented nowhere.
   */
  readonly rendering?: UrlTiming;
  /** How many times faster than Resurs' clock; the patience for one answer stays as it is. */
  readonly speed: number;
  /** Tries of one callback at most, the first included. */
  readonly attempts: number;
  /** Tracks at once. */
  readonly concurrency: number;
  readonly onAnswered?: (exchange: CallbackTry) => void;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** When URL and digest of a callback are made. */
export type UrlTiming = 'queued' | 'each_try';

/** A refusal that was promised is asked for again a few times only: enough to see that it stays one. */
const TRIES_FOR_A_REFUSAL = 3;

/** What the tries of one simulation share. */
interface RunContext extends SimulationOptions {
  readonly dispatcher: Dispatcher;
  readonly stop: AbortSignal;
}

/**
 * Runs the whole story and returns the callbacks in the story's order. Never throws for what the receiver does. When `signal`
 * ends it early, callbacks that were cut or not begun are left out; nothing is in flight any more on return.
 */
export async function runScenario(options: SimulationOptions): Promise<SimulatedCallback[]> {
  const dispatcher = new Agent();
  const over = new AbortController();
  const stop = AbortSignal.any([over.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const stage: RunContext = { ...options, dispatcher, stop };
  const ended: SimulatedCallback[][] = options.story.map(() => []);
  const waiting = options.story.entries();
  const worker = async (): Promise<void> => {
    for (const [index, track] of waiting) await runSequence(stage, track, ended[index] ?? []);
  };

  try {
    await Promise.all(Array.from({ length: options.concurrency }, worker));
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
  } finally {
    over.abort();
    await dispatcher.destroy();
  }
  return ended.flat();
}

async function runSequence(stage: RunContext, track: CallbackSequence, ended: SimulatedCallback[]): Promise<void> {
  for (const callback of track) ended.push(await sendCallback(stage, callback));
}

/** Tries by the schedule until an answer below 300, the last try, or a try without a registration. */
async function sendCallback(stage: RunContext, callback: PlannedCallback): Promise<SimulatedCallback> {
  const queued = stage.registrationOf(callback.type);
  const current = stage.rendering === 'queued' ? () => queued : () => stage.registrationOf(callback.type);
  const most = callback.expected.status < 300 ? MAX_TRIES : TRIES_FOR_A_REFUSAL;
  const tries = Math.max(1, Math.min(stage.attempts, most));
  const sleep = stage.sleep ?? ((ms, signal) => wait(ms, undefined, { signal }));
  const exchanges: CallbackTry[] = [];
  for (let tryNumber = 1; tryNumber <= tries; tryNumber += 1) {
    if (tryNumber > 1) await sleep(delayBeforeTryMs(tryNumber, stage.speed), stage.stop);
    const registration = current();
    if (registration === null || (await sendTry(stage, { callback, tryNumber, registration }, exchanges))) break;
  }

  return summarizeCallback(callback, exchanges);
}

/** One try of a callback, and what it is made from. */
interface sendTry extends Pick<CallbackTry, 'callback' | 'tryNumber'> {
  readonly registration: Registration;
}

/** One try: the POST if there is a body, and the GET of the same URL unless that was delivered. True when delivered. */
async function sendTry(
  stage: RunContext,
  { callback, tryNumber, registration }: sendTry,
  exchanges: CallbackTry[],
): Promise<boolean> {
  const methods: readonly Method[] = callback.body === null ? ['GET'] : ['POST', 'GET'];
  for (const method of methods) {
    const answer = await sendCallbackRequest(
      stage.dispatcher,
      toRequest({ callback, tryNumber, registration }, method),
      stage.stop,
    );
    const lost = callback.fault === 'answer_lost' && tryNumber === 1 && method === 'POST';
    const exchange: CallbackTry = { callback, tryNumber, method, answer, lost };
    exchanges.push(exchange);
    stage.onAnswered?.(exchange);
    if (!lost && answer.outcome === 'answered' && answer.status < 300) return true;
  }
  return false;
}

function toRequest({ callback, tryNumber, registration }: sendTry, method: Method): OutgoingCallback {
  return {
    method,
    tryNumber,
    url: callUrl(registration, templateValues(callback), callback.fault === 'wrong_digest' ? corruptDigest : undefined),
    body: method === 'POST' ? callback.body : null,
    authorization: registration.basic === null ? null : basicHeader(registration.basic),
  };
}

function templateValues({ paymentId, result, values }: PlannedCallback): TemplateValues {
  return new Map<string, string | null>([
    ['paymentId', paymentId],
    ['result', result],
    ...values.map((value, index): [string, string] => [`param${index + 1}`, value]),
  ]);
}
