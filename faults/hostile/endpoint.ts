/**
 * The endpoint of a receiver as its callers see it: where it listens, which guards it has, and how to pass or fail
 * them. Three configurations run: with every guard, with the digest only, and with Basic credentials only.
 */

import type { Random } from '../../src/lib/clock.ts';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { deriveSalt } from '../../src/protocol/ecom/salts.ts';
import { pick } from '../../test/harness/random.ts';

/** The secrets that only Resurs, the operator and the receiver know. */
export interface TargetSecrets {
  readonly salt: string | null;
  readonly previousSalt: string | null;
  readonly key: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly token: string;
  /** Null: callbacks of the Merchant API are confirmed by an account. */
  readonly callbackToken: string | null;
  readonly previousCallbackToken: string | null;
}

export interface Endpoint {
  readonly name: string;
  readonly port: number;
  readonly secrets: TargetSecrets;
  /** Whether a source address is required, in a proxy's header. */
  readonly hasSources: boolean;
}

/** The setting ALLOWED_SOURCES: the networks of `VALID_SOURCES`. */
export const ALLOWED_SOURCES = '192.0.2.0/24,2001:db8::/32';
const VALID_SOURCES = [
  '192.0.2.7',
  '10.0.0.1, 192.0.2.8',
  '::ffff:192.0.2.9',
  '2001:db8::17',
  '192.0.2.7:80',
  '[2001:db8::1]',
  '[2001:db8::1]:443',
];
const INVALID_SOURCES = [
  '',
  'unknown',
  '192.0.2.7, 198.51.100.1',
  '198.51.100.1',
  '192.0.2',
  '192.0.2.7:80:80',
  '[2001:db8::1',
  '0300.0.2.7',
  '192.0.2.7\t,\tx',
  'for=192.0.2.7',
  '%31%39%32.0.2.7',
];
/** Part of every wrong password, so that the leak scan can find it. */
export const WRONG_PASSWORD = 'wrong-Pa55word-of-a-stranger';

export interface GuardHeaders {
  /** Complete header lines. */
  readonly headers: string;
  /** The outcome of the guards; null when the headers pass them. */
  readonly refusal: string | null;
}

/** Returns headers that pass the guards. */
export function validGuardHeaders(random: Random, endpoint: Endpoint): string {
  const { username, password } = endpoint.secrets;
  return `${validSource(random, endpoint)}${username === null ? '' : basic(`${username}:${password}`)}`;
}

/** Returns a header of an allowed address; none where every address is allowed. */
export function validSource(random: Random, { hasSources }: Pick<Endpoint, 'hasSources'>): string {
  return hasSources ? `X-Forwarded-For: ${pick(random, VALID_SOURCES)}\r\n` : '';
}

/** Returns a header of an address that is not allowed, or none. */
export function invalidSource(random: Random): string {
  return random() < 0.2 ? '' : `X-Forwarded-For: ${pick(random, INVALID_SOURCES)}\r\n`;
}

/**
 * Returns valid or invalid guard headers at random. With `mayBeValid` the rest of the request may be a valid callback;
 * then the headers are always invalid where no digest would reject it.
 */
export function randomGuardHeaders(random: Random, endpoint: Endpoint, mayBeValid: boolean): GuardHeaders {
  const { secrets, hasSources } = endpoint;
  if (hasSources && random() < 0.15) {
    return { headers: invalidSource(random), refusal: 'callback 403' };
  }
  const isRejected = secrets.username !== null && ((mayBeValid && !hasDigest(endpoint)) || random() < 0.15);
  if (!isRejected) return { headers: validGuardHeaders(random, endpoint), refusal: null };

  const source = hasSources ? `X-Forwarded-For: ${VALID_SOURCES[0]}\r\n` : '';
  return { headers: source + invalidAuthorization(random, secrets.username ?? ''), refusal: 'callback 401' };
}

function invalidAuthorization(random: Random, username: string): string {
  const invalid = [
    '',
    'Authorization:\r\n',
    'Authorization: Basic\r\n',
    'Authorization: Basic ====\r\n',
    'Authorization: Bearer abc\r\n',
    `Authorization: Basic ${'QUFB'.repeat(900)}\r\n`,
    'Authorization: Basic \xff\xfe\xfd\r\n',
    basic(`${username}:`),
    basic(`:${WRONG_PASSWORD}`),
    basic(`${username}${WRONG_PASSWORD}`),
    basic(`${username}:${WRONG_PASSWORD}`),
    basic(`${username}:\0${WRONG_PASSWORD}`),
    basic(`__proto__:${WRONG_PASSWORD}`),
    `${basic(`${username}:${WRONG_PASSWORD}`)}${basic('a:b')}`,
  ];
  return pick(random, invalid) ?? '';
}

function basic(pair: string): string {
  return `Authorization: Basic ${Buffer.from(pair).toString('base64')}\r\n`;
}

/** Reports whether the endpoint requires a digest. */
export function hasDigest({ secrets }: Pick<Endpoint, 'secrets'>): boolean {
  return secrets.salt !== null || secrets.key !== null;
}

/**
 * Computes the valid digest of these values, with the fixed salt or the one derived for `t`; null where none is
 * required.
 */
export function validDigest(
  { secrets }: Endpoint,
  values: string,
  { type, t, algorithm = 'sha1' }: { type: string; t: string | null; algorithm?: 'sha1' | 'md5' },
): string | null {
  if (t !== null && secrets.key !== null) return computeDigest(algorithm, values, deriveSalt(secrets.key, type, t));
  return secrets.salt === null ? null : computeDigest(algorithm, values, secrets.salt);
}
