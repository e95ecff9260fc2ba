/** A valid but unusual callback, and its URL in more notations than any client uses. */
import { isUtf8 } from 'node:buffer';
import type { Random } from '../../../src/lib/clock.ts';
import type { Endpoint } from '../endpoint.ts';
import { percentEncodeAll, utf8AsLatin1 } from '../request.ts';
import { CALLBACK_PATHS, choose, randomInt, TYPES } from './generators.ts';

/** Parts of ids, without control characters, which an id must not have. */
const ID_PIECES: readonly [string, ...string[]] = [
  'a',
  '100000016',
  ' ',
  '  ',
  '+',
  '%',
  '%41',
  '%00',
  '/',
  '//',
  '../',
  '\\',
  '&',
  '&amp;',
  '=',
  '?',
  '#',
  ';',
  "'",
  '"',
  '<b>',
  '{}',
  '[]',
  '__proto__',
  'constructor',
  'null',
  '-0',
  '1e309',
  'åäö',
  'ÿ',
  '\u00a0',
  '\u00ad',
  '\u200b',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\ufffd',
  '\uffff',
  'ﬀ',
  'İ',
  'e\u0301',
  '日本',
  '😀',
  '👩‍👩‍👧',
  '\u{10ffff}',
];
const MAX_ID_CHARACTERS = 255;
/** Names that differ in any case. */
const PARAMETER_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'a[]',
  'a[b]',
  'ä',
  '日',
  'x y',
  'orderid',
  'status',
  '-0',
  '<b>',
  '😀',
] as const;

/** Draws an id that no other callback of this run has. */
export function drawId(random: Random): string {
  const pieces = Array.from({ length: randomInt(random, 0, 12) }, () => choose(random, ID_PIECES)).join('');
  const end = `~${randomInt(random, 0, 1e9)}~${randomInt(random, 0, 1e9)}`;
  const long = random() < 0.05 ? choose(random, ['x', 'å', '😀']).repeat(MAX_ID_CHARACTERS) : pieces;
  return [...long].slice(0, MAX_ID_CHARACTERS - end.length).join('') + end;
}

/** A parameter of any content that no interface reads. */
export type Parameter = readonly [name: string, value: string];

export function drawParameters(random: Random): Parameter[] {
  const names = PARAMETER_NAMES.filter(() => random() < 0.12);
  return names.map((name) => [name, choose(random, [...ID_PIECES, '', '\0', 'a\r\nb'])] as const);
}

/** The values of a callback before they are encoded. */
export interface UnusualCallback {
  readonly type: string;
  readonly paymentId: string;
  readonly result: string | null;
  readonly t: string | null;
  readonly parameters: readonly Parameter[];
}

/**
 * Draws a callback that can be signed: with a result where the digest covers one, and a `t` for which a salt can be
 * derived.
 */
export function randomUnusualCallback(random: Random, endpoint: Endpoint): UnusualCallback {
  const type = choose(random, TYPES);
  const hasResultInDigest = type === 'AUTOMATIC_FRAUD_CONTROL';
  const result = hasResultInDigest
    ? choose(random, ['FROZEN', 'THAWED'])
    : random() < 0.2
      ? choose(random, ['x', 'frozen', 'å', '\0x'])
      : null;
  // With a master key, a `t` in range requires the salt derived from it.
  const times = ['0', '1700000000', '000001700000', ...(endpoint.secrets.key === null ? ['999999999999'] : [])] as [
    string,
    ...string[],
  ];
  const parameters = drawParameters(random);
  return { type, paymentId: drawId(random), result, t: random() < 0.4 ? choose(random, times) : null, parameters };
}

/** Renders the target, with type and id in the query or in the path. */
export function renderTarget(
  random: Random,
  { callback, digest }: { callback: UnusualCallback; digest: string | null },
): string {
  const { type, paymentId, result, t } = callback;
  const rest = callback.parameters.map(([name, value]) => {
    const amp = random() < 0.1 ? 'amp;' : '';
    return `&${amp}${encode(random, name, 'query')}=${encode(random, value, 'query')}`;
  });
  const digestText = digest === null ? '' : random() < 0.5 ? digest : digest.toLowerCase();
  const time = t === null ? '' : `&t=${t}`;
  const resultText = result === null ? '' : encode(random, result, 'query');
  const path = choose(random, CALLBACK_PATHS);
  if (random() < 0.5) {
    const more = [time, result === null ? '' : `&r=${resultText}`, digest === null ? '' : `&d=${digestText}`, ...rest];
    return `${path}?c=${type}&p=${encode(random, paymentId, 'query')}${more.join('')}`;
  }
  const resultEnd = result === null ? '' : `/result/${encode(random, result, 'path')}`;
  const ends = digest === null ? resultEnd : `${resultEnd}/digest/${digestText}`;
  const id = encode(random, paymentId, 'path');
  // Plain slashes at its start belong to the id only where a digest proves it.
  const idText = digest === null ? id.replace(/^\/+/, (slashes) => '%2F'.repeat(slashes.length)) : id;
  return `${path}/${type}/paymentId/${idText}${ends}?z=1${time}${rest.join('')}`;
}

/**
 * Encodes as UTF-8 or, where the receiver can tell the difference, as ISO-8859-1, and escapes more characters than
 * necessary.
 */
export function encode(random: Random, text: string, part: 'query' | 'path'): string {
  const latin = Buffer.from(text, 'latin1');
  const isLatin = random() < 0.3 && !/[^\0-\xff]/.test(text) && !isUtf8(latin);
  const bytes = isLatin ? latin.toString('latin1') : utf8AsLatin1(text);
  const plain = part === 'query' ? /[A-Za-z0-9_.~\-/:@!$'()*,]/ : /[A-Za-z0-9_.~\-/:@!$'()*,+&=]/;
  return [...bytes]
    .map((byte) => {
      if (byte === ' ' && part === 'query' && random() < 0.5) return '+';
      return plain.test(byte) && random() < 0.9 ? byte : percentEncodeAll(byte);
    })
    .join('');
}
