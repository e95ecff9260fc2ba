/**
 * One configuration of the receiver, seen from outside: where it listens, what opens it, and how a stranger knocks.
 * Three of them run: with every guard, with the digest alone, and with Basic credentials alone.
 */

import type { Random } from '../../src/lib/clock.ts';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { deriveSalt } from '../../src/protocol/ecom/salts.ts';
import { oneOf } from '../random.ts';

/** What only Resurs, the operator and the receiver know. */
export interface Keys {
  readonly salt: string | null;
  readonly previousSalt: string | null;
  readonly key: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly token: string;
}

export interface Door {
  readonly name: string;
  readonly port: number;
  readonly keys: Keys;
  /** Whether the address has to come through a proxy's header. */
  readonly hasSources: boolean;
}

/** What the proxy writes for Resurs; `ALLOWED_SOURCES` holds these networks. */
export const ALLOWED_SOURCES = '192.0.2.0/24,2001:db8::/32';
const RIGHT_SOURCES = ['192.0.2.7', '10.0.0.1, 192.0.2.8', '::ffff:192.0.2.9', '2001:db8::17'];
const WRONG_SOURCES = [
  '',
  'unknown',
  '192.0.2.7, 198.51.100.1',
  '198.51.100.1',
  '192.0.2',
  '192.0.2.7:80',
  '[2001:db8::1]',
  '0300.0.2.7',
  '192.0.2.7\t,\tx',
  'for=192.0.2.7',
  '%31%39%32.0.2.7',
];
/** In every wrong password, so that it can be looked for wherever it must not appear. */
export const WRONG_PASSWORD = 'wrong-Pa55word-of-a-stranger';

export interface Knock {
  /** Whole header lines. */
  readonly headers: string;
  /** What the guards answer; null when they let it pass. */
  readonly refusal: string | null;
}

/** What opens the guards. */
export function rightHeaders(random: Random, { hasSources, keys: { username, password } }: Door): string {
  const source = hasSources ? `X-Forwarded-For: ${oneOf(random, RIGHT_SOURCES)}\r\n` : '';
  return `${source}${username === null ? '' : basic(`${username}:${password}`)}`;
}

/**
 * Knocks with right or wrong headers by chance. `mayPass` says that what follows may be a callback that only the guards
 * keep out; where there is no digest behind them, it then always knocks wrongly.
 */
export function knock(random: Random, door: Door, mayPass: boolean): Knock {
  const { keys, hasSources } = door;
  if (hasSources && random() < 0.15) {
    const source = random() < 0.2 ? '' : `X-Forwarded-For: ${oneOf(random, WRONG_SOURCES)}\r\n`;
    return { headers: source, refusal: 'callback 403' };
  }
  const isKeptOut = keys.username !== null && ((mayPass && !hasDigest(door)) || random() < 0.15);
  if (!isKeptOut) return { headers: rightHeaders(random, door), refusal: null };

  const source = hasSources ? `X-Forwarded-For: ${RIGHT_SOURCES[0]}\r\n` : '';
  return { headers: source + wrongAuthorization(random, keys.username ?? ''), refusal: 'callback 401' };
}

function wrongAuthorization(random: Random, username: string): string {
  const wrongs = [
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
  return oneOf(random, wrongs) ?? '';
}

function basic(pair: string): string {
  return `Authorization: Basic ${Buffer.from(pair).toString('base64')}\r\n`;
}

export function hasDigest({ keys }: Pick<Door, 'keys'>): boolean {
  return keys.salt !== null || keys.key !== null;
}

/**
 * The right digest over these values with a fixed salt, or with the one derived for `t`. Null where none is asked for.
 */
export function signed(
  { keys }: Door,
  values: string,
  { type, t, algorithm = 'sha1' }: { type: string; t: string | null; algorithm?: 'sha1' | 'md5' },
): string | null {
  if (t !== null && keys.key !== null) return computeDigest(algorithm, values, deriveSalt(keys.key, type, t));
  return keys.salt === null ? null : computeDigest(algorithm, values, keys.salt);
}
