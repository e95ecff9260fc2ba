/**
 * Sends the callbacks of the Merchant API to the URLs that the shop formed: a POST with JSON, repeated until it is
 * answered below 300. Resurs publishes no schedule for them; the one of eCom is assumed.
 */
import type { IsLost } from '../lost.ts';
import type { CallbackTry, SimulatedCallback } from '../result.ts';
import { type Pace, runSequences, type TryContext, type TryOutcome } from '../run-sequences.ts';
import { sendCallbackRequest } from '../send-callback.ts';
import type { PlannedMapiCallback } from './callbacks.ts';
import { type MapiUrls, mapiCallbackUrl } from './url.ts';

/** Callbacks that are sent one after the other. */
export type MapiSequence = readonly PlannedMapiCallback[];

export interface RunMapiOptions extends Pace {
  readonly scenario: readonly MapiSequence[];
  readonly urls: MapiUrls;
  /** Called when a callback begins, before its first try. */
  readonly onBegin?: (callback: PlannedMapiCallback) => void;
  readonly onTry?: (attempt: CallbackTry) => void;
  /** What is lost happens, but is never sent. Nothing by default. */
  readonly isLost?: IsLost;
}

/** Runs the whole scenario, as runScenario does. */
export function runMapiScenario(options: RunMapiOptions): Promise<SimulatedCallback[]> {
  const begin = (callback: PlannedMapiCallback) => {
    options.onBegin?.(callback);
    if (options.isLost?.(callback) === true) return null;
    return (tryNumber: number, context: TryContext) => sendTry(options, { callback, tryNumber }, context);
  };
  return runSequences(options.scenario, begin, options);
}

interface PendingTry {
  readonly callback: PlannedMapiCallback;
  readonly tryNumber: number;
}

async function sendTry(
  { urls, onTry }: RunMapiOptions,
  { callback, tryNumber }: PendingTry,
  { dispatcher, stop }: TryContext,
): Promise<TryOutcome> {
  const request = {
    method: 'POST',
    url: mapiCallbackUrl(urls, callback),
    body: callback.body,
    contentType: 'application/json',
    authorization: null,
    tryNumber,
  } as const;
  const response = await sendCallbackRequest(dispatcher, request, stop);
  const lost = callback.fault === 'answer_lost' && tryNumber === 1;
  const attempt: CallbackTry = { callback, tryNumber, method: 'POST', response, lost };
  onTry?.(attempt);
  return { requests: [attempt], ended: !lost && response.outcome === 'answered' && response.status < 300 };
}
