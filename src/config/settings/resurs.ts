/**
 * The part of the table about talking to Resurs: who we are there, where Resurs is, and under which address it reaches us.
 * Only commands use it (register, doctor and their like); the running service needs none of it.
 */
import { optional, secret, withDefault } from '../setting.ts';
import { choice } from '../types/basic.ts';
import { password, username } from '../types/secrets.ts';
import { publicUrl, resursUrl } from '../types/urls.ts';

/** The account at Resurs and the two addresses. */
export const RESURS = {
  PUBLIC_URL: optional(
    publicUrl(),
    'What Resurs puts before the first of CALLBACK_PATHS to reach this service, as https://pay.shop.example. Used by register and doctor.',
  ),
  RESURS_ENVIRONMENT: withDefault(choice(['test', 'production']), 'test', 'Which Resurs to talk to.'),
  RESURS_USERNAME: optional(username(), 'User name of the webservice account at Resurs.'),
  RESURS_PASSWORD: secret(password(), 'Its password.'),
  RESURS_REST_URL: optional(
    resursUrl(),
    'The REST interface of Resurs, when it is not the usual one of the environment.',
  ),
  RESURS_SOAP_URL: optional(
    resursUrl(),
    'The base below which /ConfigurationService and /DeveloperWebService lie, when it is not the usual one.',
  ),
};
