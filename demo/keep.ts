/**
 * `npm run demo -- --keep`: starts the receiver once more on what the demo has left, adds what an operator has to look
 * after, and waits for Ctrl-C.
 */
import { once } from 'node:events';
import type { Print } from './commands.ts';
import { type Cleanup, type Stage, startOn } from './run.ts';
import { keptScenario } from './scenario.ts';
import { REFUSED_PAYMENT_IDS, UNANSWERED_PAYMENT_ID } from './settings.ts';
import { waitForSettledEvents } from './stored-events.ts';

const DELIVERED_WITHIN_MS = 10_000;
/** Long enough for a reader to see a delivery that waits. */
const KEPT_SETTINGS = { WEBHOOK_RETRY_SCHEDULE: '30s,2m,10m,1h' };

/** Starts the receiver again, and sends it what gets stuck: the merchant refuses it, or Resurs is refused. */
export async function fillWithTrouble(stage: Stage, cleanups: Cleanup, signal: AbortSignal): Promise<void> {
  const { merchant, fakeResurs, baseUrl, settings } = stage;
  await startOn(stage, { cleanups, signal, more: KEPT_SETTINGS });
  // Refused once and for all; a replay succeeds.
  for (const paymentId of REFUSED_PAYMENT_IDS) merchant.refuse(paymentId, { status: 422, times: 1 });
  merchant.refuse(UNANSWERED_PAYMENT_ID, { status: 503, times: 3 });
  await fakeResurs.run(keptScenario(), signal);
  const api = { baseUrl, token: settings.statusToken, unfinished: UNANSWERED_PAYMENT_ID };
  await waitForSettledEvents(api, DELIVERED_WITHIN_MS, signal);
}

/** Prints where the page is, and resolves when the demo is to end. */
export async function keepUntilStopped({ baseUrl, settings }: Stage, print: Print, signal: AbortSignal): Promise<void> {
  print('');
  print(`The page:  ${baseUrl}/ui/`);
  print(`Its token: ${settings.statusToken}`);
  print('Everything keeps running until Ctrl-C.');
  if (!signal.aborted) await once(signal, 'abort');
}
