/**
 * The part of the table about the way in: where callbacks arrive, how they are proven, and which of them are ours. What the
 * texts promise is what the callback routes do: a maintainer changes both together.
 */
import { CALLBACK_TYPES, type CallbackType } from '../../protocol/ecom/callback-types.ts';
import { optional, type Setting, secret, secretWithSample, withDefault } from '../setting.ts';
import { boolean, choice, integer } from '../types/basic.ts';
import { callbackPaths } from '../types/callback-paths.ts';
import { list, sourceRanges, unique } from '../types/lists.ts';
import { re2Pattern } from '../types/pattern.ts';
import { masterKey, password, salt, token, username } from '../types/secrets.ts';
import { lookupUrl } from '../types/urls.ts';

type TypeSalts = {
  readonly [N in `DIGEST_SALT_${CallbackType}` | `DIGEST_SALT_${CallbackType}_PREVIOUS`]: Setting<string, null>;
};

const ALGORITHMS = choice(['sha1', 'md5']);

/** Where callbacks arrive and how often. */
export const RECEIVING = {
  CALLBACK_PATHS: withDefault(
    callbackPaths(),
    '/callbacks/resurs',
    'Paths that take callbacks. Add for example /wc-api/ResursDefault to take over URLs that a shop plugin registered; / takes the query form at exactly /.',
  ),
  MAX_EVENTS_PER_PAYMENT: withDefault(
    integer({ min: 0, max: 1_000_000 }),
    '500',
    'New events of one payment within 24 hours; beyond it a new one is answered 503. 0: no limit.',
  ),
  DEDUPE_WINDOW_DAYS: withDefault(
    integer({ min: 2, max: 3650 }),
    '31',
    'Days for which a repeated callback counts as the same event.',
  ),
};

/** How a callback proves where it comes from. */
export const AUTHENTICATION = {
  DIGEST_KEY: secretWithSample(
    masterKey(),
    'sample-digest-key-change-me-sample-digest-key',
    'Master key from which the salt of every registration is derived.',
  ),
  DIGEST_KEY_PREVIOUS: secret(masterKey(), 'The master key before it, for URLs registered with it.'),
  DIGEST_VALID_FROM: optional(
    integer({ min: 0, max: 999_999_999_999 }),
    'Unix seconds. URLs registered before no longer pass with a derived salt.',
  ),
  DIGEST_SALT: secret(salt(), 'A fixed salt as registered, for every type without a salt of its own.'),
  DIGEST_SALT_PREVIOUS: secret(salt(), 'The fixed salt before it.'),
  ...typeSalts(),
  DIGEST_ALGORITHM: withDefault(
    unique(list('sha1, md5 or both, separated by a comma', ALGORITHMS.parse)),
    'sha1',
    'Digest algorithms that are accepted; both while changing over.',
  ),
  BASIC_AUTH_USERNAME: optional(username(), 'User name that every callback must carry, together with the password.'),
  BASIC_AUTH_PASSWORD: secret(password(), 'Password that every callback must carry.'),
  BASIC_AUTH_USERNAME_PREVIOUS: optional(username(), 'The user name before it, accepted with the password before it.'),
  BASIC_AUTH_PASSWORD_PREVIOUS: secret(password(), 'The password before it.'),
  ALLOWED_SOURCES: optional(
    sourceRanges(),
    'Addresses that may send callbacks; the word resurs stands for the published addresses of Resurs. Unset: any.',
  ),
  ALLOW_UNAUTHENTICATED: withDefault(
    boolean(),
    'false',
    'Start although neither salt, key nor Basic credentials are set. It switches off no check that is configured.',
  ),
};

/** Which orders belong to this shop. */
export const OWNERSHIP = {
  ORDER_OWNERSHIP: withDefault(
    choice(['any', 'pattern', 'registered', 'lookup']),
    'any',
    'How to know that an order is ours: any is, ORDER_PATTERN says so, the shop has registered it with PUT /orders/{paymentId}, or ORDER_LOOKUP_URL is asked.',
  ),
  ORDER_PATTERN: optional(
    re2Pattern(),
    'For ORDER_OWNERSHIP=pattern: it has to match the whole paymentId. RE2 syntax.',
  ),
  ORDER_LOOKUP_URL: optional(
    lookupUrl(),
    'For ORDER_OWNERSHIP=lookup: asked with GET for each callback; 2xx means ours, 404 and 410 mean not, anything else that Resurs shall come again.',
  ),
  ORDER_LOOKUP_TOKEN: secret(token(), 'Bearer token to ask with.'),
  ORDER_LOOKUP_TIMEOUT_MS: withDefault(
    integer({ min: 100, max: 3000 }),
    '1500',
    'Milliseconds for one question; Resurs waits 5 s for our answer.',
  ),
  ACCEPT_REJECTED_CALLBACKS: withDefault(
    boolean(),
    'false',
    'Orders that are not ours are answered 202 (true) or 410 (false); Resurs comes back after 410.',
  ),
  REJECTION_GRACE_MINUTES: withDefault(
    integer({ min: 0, max: 2160 }),
    '0',
    'With ACCEPT_REJECTED_CALLBACKS=true: answer 410 for this long after an order was first refused, so that a callback which came before the shop knew its order comes again.',
  ),
};

function typeSalts(): TypeSalts {
  const rows = CALLBACK_TYPES.flatMap((type) => [
    [`DIGEST_SALT_${type}`, secret(salt(), `A fixed salt for ${type} alone; replaces the general ones for it.`)],
    [`DIGEST_SALT_${type}_PREVIOUS`, secret(salt(), `The fixed salt for ${type} before it.`)],
  ]);
  // The names are made from CALLBACK_TYPES in both places, which the compiler cannot follow through fromEntries.
  return Object.fromEntries(rows) as TypeSalts;
}
