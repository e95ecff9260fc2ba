/** Random parts of weird requests. */
import type { Random } from '../../../src/lib/clock.ts';
import { between, pick } from '../../../test/harness/random.ts';
import { percentEncodeAll, utf8AsLatin1 } from '../request.ts';

export const CALLBACK_PATHS = ['/callbacks/resurs', '/wc-api/ResursDefault'] as const;
/** The outcomes of a request that has passed the guards but has no valid digest. */
export const REJECTED_OUTCOMES = ['callback 400', 'callback 404', 'callback 406'];

const HEX = '0123456789abcdefABCDEF';

export function randomInt(random: Random, low: number, high: number): number {
  return Math.floor(between(random, [low, high]));
}

export function choose<T>(random: Random, items: readonly [T, ...T[]]): T {
  return pick(random, items) ?? items[0];
}

export function hex(random: Random, length: number): string {
  return Array.from({ length }, () => HEX[randomInt(random, 0, HEX.length)]).join('');
}

/** Draws any bytes, control characters and line ends included. */
export function randomBytes(random: Random, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(randomInt(random, 0, 256))).join('');
}

/** URL parts that a decoder may mishandle: valid, invalid, and not decodable at all. */
const PIECES: readonly [string, ...string[]] = [
  '%00',
  '%C0%AF',
  '%C0%80',
  '%E0%80%AF',
  '%F8%88%80%80%AF',
  '%FF%FE',
  '%ED%A0%80',
  '%F0%9F%98%80',
  '%F4%90%80%80',
  '%',
  '%%',
  '%zz',
  '%u0041',
  '%25%30%30',
  '%252e%252e%252f',
  '../',
  '..%2f',
  '%2e%2e/',
  './',
  '//',
  '\\..\\',
  '%5c',
  ';a=b',
  '%0d%0aX-Evil:%201',
  '%3Cscript%3E',
  "'%20or%201=1--",
  '%7B%22%24ne%22:1%7D',
  '+',
  '%2B',
  '%26',
  '%3D',
  '%23',
  '%E2%80%AE',
  '%EF%BB%BF',
  '\xe5\xe4\xf6',
  '\xc3\xa5',
  '\xff',
  '-0',
  '1e309',
  '0x10',
  'NaN',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'a'.repeat(300),
];

export function weirdText(random: Random, most = 4): string {
  return Array.from({ length: randomInt(random, 0, most + 1) }, () => choose(random, PIECES)).join('');
}

const NAMES: readonly [string, ...string[]] = [
  'c',
  'C',
  'p',
  'paymentId',
  'PAYMENTID',
  'orderId',
  'd',
  'digest',
  'r',
  't',
  'ts',
  'event-type',
  'status',
  'callback',
  'amp;p',
  'amp;amp;d',
  'p[]',
  'p[0]',
  'c[$ne]',
  'p.x',
  '__proto__',
  '__proto__[c]',
  'constructor',
  'constructor.prototype',
  'hasOwnProperty',
  'toString',
  'param1',
  '',
  '%70',
  '%00',
  'p%00',
  '%C0%AF',
];

/** Draws a query of weird names and values, which may happen to be well-formed, but never with a valid digest. */
export function weirdQuery(random: Random, most = 8): string {
  return Array.from({ length: randomInt(random, 0, most + 1) }, () => {
    const mark = random() < 0.1 ? '' : '=';
    return `${choose(random, NAMES)}${mark}${weirdText(random, 2)}`;
  }).join(choose(random, ['&', '&', '&', '&amp;', ';', '&&']));
}

export const TYPES: readonly [string, ...string[]] = [
  'BOOKED',
  'UPDATE',
  'UNFREEZE',
  'ANNULMENT',
  'FINALIZATION',
  'AUTOMATIC_FRAUD_CONTROL',
  'unfreeze',
  'NEW_TYPE',
  'x.y-z_1',
];

/** Invalid types: to be rejected, and never repeated in a response. */
export const INVALID_TYPES: readonly [string, ...string[]] = [
  '',
  'A'.repeat(65),
  percentEncodeAll(utf8AsLatin1('ÜNFREEZE')),
  '%E2%80%AEEZEERFNU',
  'UN%20FREEZE',
  'UNFREEZE%00',
  'UNFREEZE%0d%0ax-evil:1',
  '%3Cb%3E',
  '..%2f..',
  '\xe5',
];
