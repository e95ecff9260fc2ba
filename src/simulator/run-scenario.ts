/**
 * Runs a scenario against a receiver as Resurs would, and reports how each callback ended. A failed POST is followed by
 * a GET of the same URL at once, a failed try by the next one of Resurs' schedule. Prints nothing, and decides only
 * whether a response is the expected one. Callbacks of one sequence never overtake each other.
 */
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { basicHeader, type Registration } from '../protocol/ecom/registration.ts';
import { callUrl, corruptDigest, type TemplateValues } from './call-url.ts';
import type { PlannedCallback } from './callbacks.ts';
import type { IsLost } from './lost.ts';
import type { CallbackTry, SimulatedCallback } from './result.ts';
import { type MakeTry, type Pace, runSequences, type TryContext, type TryOutcome } from './run-sequences.ts';
import type { CallbackSequence } from './scenario.ts';
import { type Method, type OutgoingCallback, sendCallbackRequest } from './send-callback.ts';

export interface RunScenarioOptions extends Pace {
  readonly scenario: readonly CallbackSequence[];
  /** Returns what is registered for a type now; null when nothing is, and nothing can be sent. */
  readonly registrationOf: (type: CallbackType) => Registration | null;
  /**
   * Whether URL and digest are made once, when a callback begins, or again at each try (the default). With `each_try` a
   * callback ends when its type is unregistered. Resurs documents neither.
   */
  readonly urlTiming?: UrlTiming;
  /** Called when a callback begins, before its first try. */
  readonly onBegin?: (callback: PlannedCallback) => void;
  readonly onTry?: (attempt: CallbackTry) => void;
  /** What is lost happens, but is never sent. Nothing by default. */
  readonly isLost?: IsLost;
}

/** When URL and digest of a callback are made. */
export type UrlTiming = 'queued' | 'each_try';

/**
 * Runs the whole scenario and returns the callbacks in its order. Never throws for what the receiver does. When
 * `signal` fires, callbacks that were interrupted or not started are left out. Nothing is in flight any more on return.
 */
export function runScenario(options: RunScenarioOptions): Promise<SimulatedCallback[]> {
  return runSequences(options.scenario, (callback) => beginCallback(options, callback), options);
}

/** A callback ends with a response below 300, and with a try for which nothing is registered. */
function beginCallback(options: RunScenarioOptions, callback: PlannedCallback): MakeTry | null {
  options.onBegin?.(callback);
  if (options.isLost?.(callback) === true) return null;
  const queued = options.registrationOf(callback.type);
  const current = options.urlTiming === 'queued' ? () => queued : () => options.registrationOf(callback.type);
  return async (tryNumber, context) => {
    const registration = current();
    if (registration === null) return { requests: [], ended: true };
    return sendTry({ ...context, onTry: options.onTry }, { callback, tryNumber, registration });
  };
}

/** A try of a callback before it is sent. */
interface PendingTry extends Pick<CallbackTry, 'tryNumber'> {
  readonly callback: PlannedCallback;
  readonly registration: Registration;
}

interface SendContext extends TryContext {
  readonly onTry: RunScenarioOptions['onTry'];
}

/** Sends the POST if there is a body, and the GET of the same URL unless the POST was delivered. */
async function sendTry({ dispatcher, stop, onTry }: SendContext, pending: PendingTry): Promise<TryOutcome> {
  const { callback, tryNumber } = pending;
  const requests: CallbackTry[] = [];
  const methods: readonly Method[] = callback.body === null ? ['GET'] : ['POST', 'GET'];
  for (const method of methods) {
    const response = await sendCallbackRequest(dispatcher, toRequest(pending, method), stop);
    const lost = callback.fault === 'answer_lost' && tryNumber === 1 && method === 'POST';
    const attempt: CallbackTry = { callback, tryNumber, method, response, lost };
    requests.push(attempt);
    onTry?.(attempt);
    if (!lost && response.outcome === 'answered' && response.status < 300) return { requests, ended: true };
  }
  return { requests, ended: false };
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
