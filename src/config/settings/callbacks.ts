/**
 * Settings of incoming callbacks: paths, authentication and order ownership. The texts describe what the callback
 * routes do: change both together.
 */
import { CALLBACK_TYPES, type CallbackType } from '../../protocol/ecom/callback-types.ts';
import { optional, type Setting, secret, secretWithSample, withDefault } from '../setting.ts';
import { boolean, integer, oneOf } from '../types/basic.ts';
import { callbackPaths } from '../types/callback-paths.ts';
import { list, sourceRanges, unique } from '../types/lists.ts';
import { re2Pattern } from '../types/pattern.ts';
import { masterKey, password, salt, token, username } from '../types/secrets.ts';
import { lookupUrl } from '../types/urls.ts';

type TypeSalts = {
  readonly [N in `DIGEST_SALT_${CallbackType}` | `DIGEST_SALT_${CallbackType}_PREVIOUS`]: Setting<string, null>;
};

const ALGORITHMS = oneOf(['sha1', 'md5']);

/** Paths of callbacks, limits and deduplication. */
export const RECEIVING = {
  CALLBACK_PATHS: withDefault(
    callbackPaths('/callbacks/resurs'),
    '/callbacks/resurs',
    'Paths that accept callbacks. To take over URLs that a shop plugin registered, add its path, for example /wc-api/ResursDefault. / accepts the query form at exactly /.',
  ),
  MAX_EVENTS_PER_PAYMENT: withDefault(
    integer({ min: 0, max: 1_000_000 }),
    '500',
    'Maximum number of new events of one payment within 24 hours. Above it, a new event gets the response 503. 0: no limit.',
  ),
  DEDUPE_WINDOW_DAYS: withDefault(
    integer({ min: 2, max: 3650 }),
    '31',
    'Number of days in which a repeated callback counts as the same event. FROZEN, and UNFREEZE or THAWED, are new events again once the other was reported.',
  ),
  MOCK_ERRORS: withDefault(
    boolean(),
    'false',
    'For trials: allows PUT /mock-error, which makes the next callbacks fail with a chosen error. Not possible with RESURS_ENVIRONMENT=production.',
  ),
};

/** How a callback is authenticated. */
export const AUTHENTICATION = {
  DIGEST_KEY: secretWithSample(
    masterKey(),
    'sample-digest-key-change-me-sample-digest-key',
    'Master key from which the salt of every registration is derived. A shop of the Merchant API alone sets one as well: it closes CALLBACK_PATHS.',
  ),
  DIGEST_KEY_PREVIOUS: secret(masterKey(), 'Previous master key, for URLs that were registered with it.'),
  DIGEST_VALID_FROM: optional(
    integer({ min: 0, max: 999_999_999_999 }),
    'Unix time in seconds. A derived salt is no longer accepted for URLs that were registered earlier.',
  ),
  DIGEST_SALT: secret(salt(), 'Fixed salt as registered, for every callback type without a salt of its own.'),
  DIGEST_SALT_PREVIOUS: secret(salt(), 'Previous fixed salt.'),
  ...typeSalts(),
  DIGEST_ALGORITHM: withDefault(
    unique(list('sha1, md5 or both, separated by a comma', ALGORITHMS.parse)),
    'sha1',
    'Accepted digest algorithms. Set both while changing from one to the other.',
  ),
  BASIC_AUTH_USERNAME: optional(
    username(),
    'User name that every callback must carry, together with BASIC_AUTH_PASSWORD.',
  ),
  BASIC_AUTH_PASSWORD: secret(
    password(),
    'Password that every callback must carry, together with BASIC_AUTH_USERNAME.',
  ),
  BASIC_AUTH_USERNAME_PREVIOUS: optional(
    username(),
    'Previous user name, accepted together with the previous password.',
  ),
  BASIC_AUTH_PASSWORD_PREVIOUS: secret(password(), 'Previous password.'),
  ALLOWED_SOURCES: optional(
    sourceRanges(),
    'Addresses that may send callbacks. The word resurs stands for the published addresses of Resurs. Unset: any address.',
  ),
  ALLOW_UNAUTHENTICATED: withDefault(
    boolean(),
    'false',
    'Allows the service to start without a salt, a key or Basic credentials. It does not disable a check that is configured.',
  ),
};

/** Which orders belong to this shop, and the response for the others. */
export const OWNERSHIP = {
  ORDER_OWNERSHIP: withDefault(
    oneOf(['any', 'pattern', 'registered', 'lookup']),
    'any',
    'Which orders are accepted. any: all; pattern: those that match ORDER_PATTERN; registered: those that the shop registered with PUT /orders/{paymentId} (in the Merchant API: /orders/{orderReference}); lookup: those that ORDER_LOOKUP_URL confirms.',
  ),
  ORDER_PATTERN: optional(
    re2Pattern(),
    'For ORDER_OWNERSHIP=pattern: must match the whole paymentId, in the Merchant API the whole order reference. RE2 syntax.',
  ),
  ORDER_LOOKUP_URL: optional(
    lookupUrl(),
    'For ORDER_OWNERSHIP=lookup: requested with GET for each callback. In the Merchant API {paymentId} stands for the order reference. 2xx means that the order is ours, 404 and 410 that it is not. On anything else, Resurs is asked to retry.',
  ),
  ORDER_LOOKUP_TOKEN: secret(token(), 'Bearer token for ORDER_LOOKUP_URL.'),
  ORDER_LOOKUP_TIMEOUT_MS: withDefault(
    integer({ min: 100, max: 3000 }),
    '1500',
    'Timeout of one lookup in milliseconds. Resurs waits 5 s for the response to its callback.',
  ),
  ACCEPT_REJECTED_CALLBACKS: withDefault(
    boolean(),
    'false',
    'Response for orders that are not ours: 202 (true) or 410 (false). Resurs retries after 410.',
  ),
  REJECTION_GRACE_MINUTES: withDefault(
    integer({ min: 0, max: 2160 }),
    '0',
    'With ACCEPT_REJECTED_CALLBACKS=true: respond with 410 for this long after an order was first rejected, so that Resurs retries a callback that arrived before the shop knew its order.',
  ),
};

function typeSalts(): TypeSalts {
  const rows = CALLBACK_TYPES.flatMap((type) => [
    [
      `DIGEST_SALT_${type}`,
      secret(salt(), `Fixed salt for ${type} only. It replaces DIGEST_SALT and DIGEST_SALT_PREVIOUS for this type.`),
    ],
    [`DIGEST_SALT_${type}_PREVIOUS`, secret(salt(), `Previous fixed salt for ${type}.`)],
  ]);
  // The type and the rows both derive their names from CALLBACK_TYPES; the compiler cannot follow that through
  // fromEntries.
  return Object.fromEntries(rows) as TypeSalts;
}
