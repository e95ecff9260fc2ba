/** Unusual ids and parameters, and more notations of a text in a URL than any client uses. */
import { isUtf8 } from 'node:buffer';
import type { Random } from '../../../src/lib/clock.ts';
import { percentEncodeAll, utf8AsLatin1 } from '../request.ts';
import { choose, randomInt } from './generators.ts';

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
