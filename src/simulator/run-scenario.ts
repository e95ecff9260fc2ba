/**
 * Runs a scenario against a receiver as Resurs would, and reports how each callback ended. A failed POST is followed by
 * a GET of the same URL at once, a failed try by the next one of Resurs' schedule. Prints nothing, and decides only
 * whether a response is the expected one. Callbacks of one sequence never overtake each other.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { basicHeader, type Registration } from '../protocol/ecom/registration.ts';
import { callUrl, corruptDigest, type TemplateValues } from './call-url.ts';
import type { PlannedCallback } from './callbacks.ts';
import { type CallbackTry, type SimulatedCallback, summarizeCallback } from './result.ts';
import { delayBeforeTryMs, MAX_TRIES } from './retry-schedule.ts';
import type { CallbackSequence } from './scenario.ts';
import { type Method, type OutgoingCallback, sendCallbackRequest } from './send-callback.ts';

export interface RunScenarioOptions {
  readonly scenario: readonly CallbackSequence[];
  /** Returns what is registered for a type now; null when nothing is, and nothing can be sent. */
  readonly registrationOf: (type: CallbackType) => Registration | null;
  /**
   * Whether URL and digest are made once, when a callback begins, or again at each try (the default). With `each_try` a
   * callback ends when its type is unregistered. Resurs documents neither.
   */
  readonly urlTiming?: UrlTiming;
  /** How many times faster than Resurs' schedule; the timeout of one request stays as it is. */
  readonly speed: number;
  /** Maximum tries of one callback, including the first. */
  readonly attempts: number;
  /** Sequences that run at once. */
  readonly concurrency: number;
  /** Called when a callback begins, before its first try. */
  readonly onBegin?: (callback: PlannedCallback) => void;
  readonly onTry?: (attempt: CallbackTry) => void;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** When URL and digest of a callback are made. */
export type UrlTiming = 'queued' | 'each_try';

/** An expected refusal is retried a few times only: enough to see that it stays one. */
const TRIES_OF_EXPECTED_REFUSAL = 3;

/** What the tries of one run share. */
interface RunContext extends RunScenarioOptions {
  readonly dispatcher: Dispatcher;
  readonly stop: AbortSignal;
}

/**
 * Runs the whole scenario and returns the callbacks in its order. Never throws for what the receiver does. When
 * `signal` fires, callbacks that were interrupted or not started are left out. Nothing is in flight any more on return.
 */
export async function runScenario(options: RunScenarioOptions): Promise<SimulatedCallback[]> {
  const dispatcher = new Agent();
  const finished = new AbortController();
  const stop = AbortSignal.any([finished.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const context: RunContext = { ...options, dispatcher, stop };
  const ended: SimulatedCallback[][] = options.scenario.map(() => []);
  const waiting = options.scenario.entries();
  const worker = async (): Promise<void> => {
    for (const [index, sequence] of waiting) await runSequence(context, sequence, ended[index] ?? []);
  };

  try {
    await Promise.all(Array.from({ length: options.concurrency }, worker));
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
  } finally {
    finished.abort();
    await dispatcher.destroy();
  }
  return ended.flat();
}

async function runSequence(context: RunContext, sequence: CallbackSequence, ended: SimulatedCallback[]): Promise<void> {
  for (const callback of sequence) ended.push(await sendCallback(context, callback));
}

/** Tries by the schedule until a response below 300, the last try, or a try without a registration. */
async function sendCallback(context: RunContext, callback: PlannedCallback): Promise<SimulatedCallback> {
  context.onBegin?.(callback);
  const queued = context.registrationOf(callback.type);
  const current = context.urlTiming === 'queued' ? () => queued : () => context.registrationOf(callback.type);
  const limit = callback.expected.status < 300 ? MAX_TRIES : TRIES_OF_EXPECTED_REFUSAL;
  const maxTries = Math.max(1, Math.min(context.attempts, limit));
  const sleep = context.sleep ?? ((ms, signal) => wait(ms, undefined, { signal }));
  const tries: CallbackTry[] = [];
  for (let tryNumber = 1; tryNumber <= maxTries; tryNumber += 1) {
    if (tryNumber > 1) await sleep(delayBeforeTryMs(tryNumber, context.speed), context.stop);
    const registration = current();
    if (registration === null || (await sendTry(context, { callback, tryNumber, registration }, tries))) break;
  }

  return summarizeCallback(callback, tries);
}

/** A try of a callback before it is sent. */
interface PendingTry extends Pick<CallbackTry, 'callback' | 'tryNumber'> {
  readonly registration: Registration;
}

/**
 * Sends the POST if there is a body, and the GET of the same URL unless the POST was delivered. True when delivered.
 */
async function sendTry(context: RunContext, pending: PendingTry, tries: CallbackTry[]): Promise<boolean> {
  const { callback, tryNumber } = pending;
  const methods: readonly Method[] = callback.body === null ? ['GET'] : ['POST', 'GET'];
  for (const method of methods) {
    const response = await sendCallbackRequest(context.dispatcher, toRequest(pending, method), context.stop);
    const lost = callback.fault === 'answer_lost' && tryNumber === 1 && method === 'POST';
    const attempt: CallbackTry = { callback, tryNumber, method, response, lost };
    tries.push(attempt);
    context.onTry?.(attempt);
    if (!lost && response.outcome === 'answered' && response.status < 300) return true;
  }
  return false;
}

function toRequest({ callback, tryNumber, registration }: PendingTry, method: Method): OutgoingCallback {
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
