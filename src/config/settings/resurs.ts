/**
 * Settings of the Resurs API: our account, the URLs of Resurs, and the URL at which Resurs reaches us. Commands such as
 * register and doctor use them; the running service only asks for payments with them.
 */
import { optional, secret, withDefault } from '../setting.ts';
import { oneOf } from '../types/basic.ts';
import { password, username } from '../types/secrets.ts';
import { publicUrl, resursUrl } from '../types/urls.ts';

/** The account at Resurs, the public URL and the URLs of Resurs. */
export const RESURS = {
  PUBLIC_URL: optional(
    publicUrl(),
    'Public base URL of this service, such as https://pay.shop.example. Resurs calls this URL followed by the first of CALLBACK_PATHS, and for the Merchant API by the first of MAPI_CALLBACK_PATHS. Used by register, mapi-urls, trigger-test and doctor.',
  ),
  RESURS_ENVIRONMENT: withDefault(oneOf(['test', 'production']), 'test', 'Resurs environment to connect to.'),
  RESURS_USERNAME: optional(
    username(),
    'User name of the web service account at Resurs. Used by commands such as register, and by GET /payments/{paymentId}/now.',
  ),
  RESURS_PASSWORD: secret(password(), 'Password of the web service account at Resurs.'),
  PAYMENT_SNAPSHOT: withDefault(
    oneOf(['off', 'on']),
    'off',
    'With on, each event of a payment carries what Resurs holds of the payment when it is first sent. Needs the account that its callbacks come from: RESURS_USERNAME, or MAPI_CLIENT_ID.',
  ),
  RESURS_REST_URL: optional(resursUrl(), 'URL of the Resurs REST API. Unset: the usual one of the environment.'),
  RESURS_SOAP_URL: optional(
    resursUrl(),
    'Base URL of the Resurs SOAP API, without /ConfigurationService, /DeveloperWebService and /AfterShopFlowService. Unset: the usual one of the environment.',
  ),
};
