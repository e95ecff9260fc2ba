/**
 * Settings of the Merchant API: where its callbacks arrive, how they are authenticated, and the shop's own account there.
 * Without MAPI_CALLBACK_PATHS none are accepted.
 */
import { optional, secret, withDefault } from '../setting.ts';
import { callbackPaths } from '../types/callback-paths.ts';
import { clientId, oauthScope, storeId } from '../types/oauth.ts';
import { callbackToken, password } from '../types/secrets.ts';
import { mapiUrl } from '../types/urls.ts';

/** Callbacks of the Merchant API and the account that confirms them. */
export const MAPI = {
  MAPI_CALLBACK_PATHS: optional(
    callbackPaths('/callbacks/mapi'),
    'Paths that accept callbacks of the Merchant API. Each also accepts /authorization, /management and /credit-application behind it. Unset: none are accepted.',
  ),
  MAPI_CALLBACK_TOKEN: secret(
    callbackToken(),
    'Secret that the URLs of Merchant API callbacks carry, since nothing else authenticates them. mapi-urls prints the URLs. Unset: each payment is confirmed with MAPI_CLIENT_ID before its callback is accepted.',
  ),
  MAPI_CALLBACK_TOKEN_PREVIOUS: secret(
    callbackToken(),
    'Previous token, for payments whose URLs were formed with it. Such URLs are used as long as the payment lives.',
  ),
  MAPI_CLIENT_ID: optional(
    clientId(),
    "Client id of the shop's own account of the Merchant API. Used by trigger-test --mapi, doctor and payment, by GET /payments/{paymentId}/now and snapshots, and for each callback where MAPI_CALLBACK_TOKEN is unset.",
  ),
  MAPI_CLIENT_SECRET: secret(password(), 'Client secret of that account.'),
  MAPI_SCOPE: withDefault(
    oauthScope(),
    'merchant-api',
    'OAuth scope of that account. Some accounts of the test environment need mock-merchant-api, which is tried by itself with RESURS_ENVIRONMENT=test.',
  ),
  MAPI_STORE_ID: optional(
    storeId(),
    'Store in which order references are searched. Unset: all stores of the account, which are asked for once a day.',
  ),
  MAPI_URL: optional(mapiUrl(), 'URL of the Merchant API. Unset: the usual one of the environment.'),
};
