/**
 * The checks of the shop's own account of the Merchant API: it gives a token, it has the store in which orders are
 * searched, and it may read the payments that callbacks come from.
 */
import { mapiAddress } from '../../accounts/mapi-account.ts';
import { findNewestMapiPayment } from '../../events/mapi-payments.ts';
import { adviceFor } from '../../registrations/failure-advice.ts';
import { describeFailure, type ResursFailure } from '../../resurs/failure.ts';
import type { MapiClient } from '../../resurs/mapi.ts';
import { TOKEN_OPERATION } from '../../resurs/oauth.ts';
import { type Finding, fail, notLookedAt, notUsed, pass, skip, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** Of one call, its token included. */
const CALL_TIMEOUT_MS = 5_000;
/** The client asks for no more stores. */
const MAX_STORES = 2_000;

/** Checks that the account gives a token that the Merchant API accepts. */
export async function checkMapiCredentials({ mapi, config }: CheckContext, signal: AbortSignal): Promise<Finding> {
  if (mapi === null) return withoutMapiAccount(config);
  const result = await mapi.stores({ timeoutMs: CALL_TIMEOUT_MS, signal });
  const where = new URL(mapiAddress(config)).host;
  if (result.outcome === 'failed' && !isAnsweredWithToken(result.failure)) return explainMapiFailure(result.failure);
  return pass(`${where} gives a token and accepts it`);
}

/** Checks that the stores can be read, and that MAPI_STORE_ID is one of them. */
export async function checkMapiStore({ mapi, config }: CheckContext, signal: AbortSignal): Promise<Finding> {
  if (mapi === null) return withoutMapiAccount(config);
  const result = await mapi.stores({ timeoutMs: CALL_TIMEOUT_MS, signal });
  if (result.outcome === 'failed') return orCredentials(result.failure);
  const { value: stores } = result;
  const { MAPI_STORE_ID: wanted } = config;
  if (stores.length === 0) return fail('The account has no store.', 'Ask Resurs to give the account its store.');
  if (wanted === null)
    return pass(`${stores.length === 1 ? 'one store' : `${stores.length} stores`}; orders are searched in all`);
  if (stores.some((id) => id.toLowerCase() === wanted.toLowerCase()))
    return pass('MAPI_STORE_ID is a store of the account');
  const reason = `MAPI_STORE_ID is none of the ${stores.length} stores of the account`;
  const fix = `Set MAPI_STORE_ID to one of them, such as ${stores[0]}, or unset it.`;
  return stores.length >= MAX_STORES ? warn(`${reason} that were read.`, fix) : fail(`${reason}.`, fix);
}

/** Checks that the payment of the newest event can be read. */
export async function checkMapiPayment(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { mapi, config, database } = context;
  if (mapi === null) return withoutMapiAccount(config);
  if (database === null) return skip('there is no database', 'database');
  let paymentId: string | null;
  try {
    paymentId = await findNewestMapiPayment(database.db);
  } catch {
    return skip('the events cannot be read', 'database');
  }
  if (paymentId === null) {
    return notLookedAt(
      'no callback of a payment of the Merchant API is stored yet.',
      'Run this again after the first payment.',
    );
  }
  return explainPayment(await mapi.payment(paymentId, { timeoutMs: CALL_TIMEOUT_MS, signal }), paymentId);
}

function explainPayment(result: Awaited<ReturnType<MapiClient['payment']>>, paymentId: string): Finding {
  switch (result.outcome) {
    case 'found':
      return pass(`the payment of the newest event can be read (${paymentId})`);
    case 'unknown':
      return fail(
        `The Merchant API knows no payment ${paymentId} for this account, although the newest event is about it.`,
        'Check that MAPI_CLIENT_ID and RESURS_ENVIRONMENT are those of the shop whose callbacks come here. A simulated payment is unknown, too.',
      );
    case 'failed':
      return orCredentials(result.failure);
  }
}

/** Explains a failed call. Skips when the API was not reached or asks to wait, which says nothing about callbacks. */
function explainMapiFailure(failure: ResursFailure): Finding {
  const reason = describeFailure(failure);
  switch (failure.kind) {
    case 'unreachable':
    case 'timed_out':
      return notLookedAt(`the Merchant API was not reached: ${reason}`, adviceFor([failure]).fix);
    case 'limited':
    case 'paused':
      return notLookedAt(`the Merchant API asks to wait: ${reason}`, 'Run this again in a few minutes.');
    case 'credentials':
      return fail(reason, 'Set MAPI_CLIENT_ID and MAPI_CLIENT_SECRET to the account of this RESURS_ENVIRONMENT.');
    case 'not_understood':
    case 'does_not_exist':
      return fail(reason, 'Check MAPI_URL: it must be the address of the Merchant API, without /v2.');
    case 'refused':
    case 'already_exists':
      return fail(reason, 'Check MAPI_SCOPE, and read the text of Resurs; its support can explain it.');
  }
}

/** What every check of the account reports without one. */
export function withoutMapiAccount({ MAPI_CALLBACK_PATHS, MAPI_CALLBACK_TOKEN }: CheckContext['config']): Finding {
  if (MAPI_CALLBACK_PATHS === null) return notUsed('MAPI_CLIENT_ID is not set: the Merchant API is not used.');
  const use = MAPI_CALLBACK_TOKEN === null ? '' : ' The token alone authenticates callbacks.';
  return notLookedAt(
    `MAPI_CLIENT_ID is not set.${use}`,
    'Set MAPI_CLIENT_ID and MAPI_CLIENT_SECRET, to read payments and stores.',
  );
}

/** Kinds of failures that say nothing about the account: no answer, or one that asks to wait. */
const NOT_ANSWERED: readonly ResursFailure['kind'][] = ['unreachable', 'timed_out', 'limited', 'paused'];

/** Refers to the check of the credentials where those are the reason. */
export function orCredentials(failure: ResursFailure): Finding {
  const isAboutToken = failure.operation === TOKEN_OPERATION || failure.kind === 'credentials';
  const isToken = isAboutToken && !NOT_ANSWERED.includes(failure.kind);
  return isToken
    ? skip('the Merchant API gives no token that it accepts', 'mapi-credentials')
    : explainMapiFailure(failure);
}

/** Whether the API refused something else than the token. */
function isAnsweredWithToken({ operation, kind }: ResursFailure): boolean {
  return operation !== TOKEN_OPERATION && (kind === 'refused' || kind === 'limited');
}
