/**
 * What `simulate --lose` says: how many callbacks never came, which facts of which payments reconciliation has to find,
 * and how to ask for them while the fake Resurs goes on.
 */
import type { ExpectedMissed } from '../../simulator/expected-missed.ts';
import type { FakeResurs } from '../../simulator/fake-resurs.ts';
import type { SimulatedCallback } from '../../simulator/result.ts';
import type { Terminal } from '../command.ts';

const MAX_SHOWN = 20;

const NONE_SHOWS = 'reconcile finds none of them: other callbacks have reported the same, or Resurs shows no trace.';

/** Formats the loss of a round. */
export function lossLines(missed: readonly ExpectedMissed[], callbacks: readonly SimulatedCallback[]): string[] {
  const lost = callbacks.filter((callback) => callback.lost).length;
  if (lost === 0) return ['', 'Nothing was lost: simulate more payments, or give --lose a larger share.'];
  const title = `Lost on purpose: ${lost} of ${callbacks.length} callbacks.`;
  if (missed.length === 0) return ['', `${title} ${NONE_SHOWS}`];
  const more = missed.length - MAX_SHOWN;
  return [
    '',
    `${title} ${countOf(missed.length)} it at Resurs:`,
    ...missed.slice(0, MAX_SHOWN).map(missedLine),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}

function countOf(payments: number): string {
  return payments === 1 ? '1 payment shows' : `${payments} payments show`;
}

function missedLine({ paymentId, orderReference, facts, isKnown }: ExpectedMissed): string {
  const isOfMerchantApi = orderReference !== paymentId;
  const hint =
    isOfMerchantApi && !isKnown ? ` (only after PUT /orders/${orderReference} with {"provider": "resurs-mapi"})` : '';
  return `  ${paymentId}  ${facts.join(', ')}${hint}`;
}

/** The parts of a fake Resurs that a receiver has to be told; null: it has them in the environment. */
export interface AskedApi {
  readonly settings: readonly string[];
  readonly startedAt: Date;
}

/** Formats how to find what was lost. */
function rescueLines({ settings, startedAt }: AskedApi): string[] {
  return [
    '',
    'This fake Resurs goes on, and holds the payments. Find what was lost in another shell, with the settings of the',
    'receiver and these:',
    '',
    ...settings,
    'RECONCILE_GRACE_MINUTES=0',
    `npx receiver reconcile --since ${startedAt.toISOString()}`,
    '',
    'Ctrl-C ends it, and its payments.',
  ];
}

/** Returns the settings of eCom; a password that was given is not repeated. */
export function ecomSettings({ soapUrl, account }: FakeResurs, isGiven: boolean): string[] {
  return [
    `RESURS_SOAP_URL=${soapUrl}`,
    `RESURS_USERNAME=${account.username}`,
    isGiven ? 'RESURS_PASSWORD as in the environment' : `RESURS_PASSWORD=${account.password}`,
  ];
}

/** Returns the settings of the Merchant API. */
export function mapiSettings({ mapiUrl, mapiClient }: FakeResurs, isGiven: boolean): string[] {
  return [
    `MAPI_URL=${mapiUrl}`,
    `MAPI_CLIENT_ID=${mapiClient.clientId}`,
    isGiven ? 'MAPI_CLIENT_SECRET as in the environment' : `MAPI_CLIENT_SECRET=${mapiClient.clientSecret}`,
  ];
}

/** Prints how to find what was lost, and waits until the operator stops the command. Nothing lost: returns at once. */
export async function holdPayments(
  api: AskedApi,
  callbacks: readonly SimulatedCallback[],
  { terminal, asJson }: { readonly terminal: Terminal; readonly asJson: boolean },
): Promise<void> {
  const { stop } = terminal;
  if (stop === undefined || stop.aborted || !callbacks.some(({ lost }) => lost)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  stop.addEventListener('abort', () => resolve(), { once: true });
  // One JSON document is all that a program may find on the other stream.
  for (const line of rescueLines(api)) asJson ? terminal.printError(line) : terminal.print(line);
  await promise;
}
