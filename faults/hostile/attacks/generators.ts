/** Pieces that odd requests are made of. */
import type { Random } from '../../../src/lib/clock.ts';
import { oneOf, within } from '../../random.ts';
import { bytesOf, escaped } from '../request.ts';

export const CALLBACK_PATHS = ['/callbacks/resurs', '/wc-api/ResursDefault'] as const;
/** What a request that has passed the guards may be told when its digest is not right. */
export const NOT_TAKEN = ['callback 400', 'callback 404', 'callback 406'];

const HEX = '0123456789abcdefABCDEF';

export function whole(random: Random, low: number, high: number): number {
  return Math.floor(within(random, [low, high]));
}

export function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return oneOf(random, items) ?? items[0];
}

export function hex(random: Random, length: number): string {
  return Array.from({ length }, () => HEX[whole(random, 0, HEX.length)]).join('');
}

/** Any bytes, control characters and line ends included. */
export function garbage(random: Random, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(whole(random, 0, 256))).join('');
}

/** What a decoder may stumble over, as it stands in a URL: each once right, wrong, or not decodable at all. */
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
  '../kinds/',
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

export function oddText(random: Random, most = 4): string {
  return Array.from({ length: whole(random, 0, most + 1) }, () => pick(random, PIECES)).join('');
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

/** A query of odd names and odd values, which may by chance be a well-formed one. Never with a right digest. */
export function oddQuery(random: Random, most = 8): string {
  return Array.from({ length: whole(random, 0, most + 1) }, () => {
    const mark = random() < 0.1 ? '' : '=';
    return `${pick(random, NAMES)}${mark}${oddText(random, 2)}`;
  }).join(pick(random, ['&', '&', '&', '&amp;', ';', '&&']));
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

/** Types that are none: to be refused, and never repeated in an answer. */
export const WRONG_TYPES: readonly [string, ...string[]] = [
  '',
  'A'.repeat(65),
  escaped(bytesOf('ÜNFREEZE')),
  '%E2%80%AEEZEERFNU',
  'UN%20FREEZE',
  'UNFREEZE%00',
  'UNFREEZE%0d%0ax-evil:1',
  '%3Cb%3E',
  '..%2f..',
  '\xe5',
];
