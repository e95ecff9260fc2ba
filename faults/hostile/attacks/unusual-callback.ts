/** What an odd but right callback says, and how it is written into a URL: more ways than any client has. */
import { isUtf8 } from 'node:buffer';
import type { Random } from '../../../src/lib/clock.ts';
import type { Door } from '../endpoint.ts';
import { bytesOf, escaped } from '../request.ts';
import { CALLBACK_PATHS, pick, TYPES, whole } from './generators.ts';

/** No control characters among them, which an id may not have. */
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
/** Different names, whatever the case. */
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

/** An id that no other callback of this run has. */
function drawId(random: Random): string {
  const pieces = Array.from({ length: whole(random, 0, 12) }, () => pick(random, ID_PIECES)).join('');
  const end = `~${whole(random, 0, 1e9)}~${whole(random, 0, 1e9)}`;
  const long = random() < 0.05 ? pick(random, ['x', 'å', '😀']).repeat(MAX_ID_CHARACTERS) : pieces;
  return [...long].slice(0, MAX_ID_CHARACTERS - end.length).join('') + end;
}

/** Before it is written into a URL. */
export interface Said {
  readonly type: string;
  readonly paymentId: string;
  readonly result: string | null;
  readonly t: string | null;
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** With everything that its digest needs: a result where one is part of it, a `t` for which a salt can be derived. */
export function drawSaid(random: Random, door: Door): Said {
  const type = pick(random, TYPES);
  const isJudged = type === 'AUTOMATIC_FRAUD_CONTROL';
  const result = isJudged
    ? pick(random, ['FROZEN', 'THAWED'])
    : random() < 0.2
      ? pick(random, ['x', 'frozen', 'å', '\0x'])
      : null;
  // With a master key, a time in range asks for the salt derived from it.
  const times = ['0', '1700000000', '000001700000', ...(door.keys.key === null ? ['999999999999'] : [])] as [
    string,
    ...string[],
  ];
  const names = PARAMETER_NAMES.filter(() => random() < 0.12);
  const parameters = names.map((name) => [name, pick(random, [...ID_PIECES, '', '\0', 'a\r\nb'])] as const);
  return { type, paymentId: drawId(random), result, t: random() < 0.4 ? pick(random, times) : null, parameters };
}

/** Where the values stand: type and id in the query, or in the path. */
export function targetOf(random: Random, { said, digest }: { said: Said; digest: string | null }): string {
  const { type, paymentId, result, t } = said;
  const rest = said.parameters.map(([name, value]) => {
    const amp = random() < 0.1 ? 'amp;' : '';
    return `&${amp}${encoded(random, name, 'query')}=${encoded(random, value, 'query')}`;
  });
  const proof = digest === null ? '' : random() < 0.5 ? digest : digest.toLowerCase();
  const time = t === null ? '' : `&t=${t}`;
  const resultText = result === null ? '' : encoded(random, result, 'query');
  const path = pick(random, CALLBACK_PATHS);
  if (random() < 0.5) {
    const more = [time, result === null ? '' : `&r=${resultText}`, digest === null ? '' : `&d=${proof}`, ...rest];
    return `${path}?c=${type}&p=${encoded(random, paymentId, 'query')}${more.join('')}`;
  }
  const resultEnd = result === null ? '' : `/result/${encoded(random, result, 'path')}`;
  const ends = digest === null ? resultEnd : `${resultEnd}/digest/${proof}`;
  return `${path}/${type}/paymentId/${encoded(random, paymentId, 'path')}${ends}?z=1${time}${rest.join('')}`;
}

/** UTF-8 or, where that can be told apart, ISO-8859-1; more characters escaped than must be. */
function encoded(random: Random, text: string, place: 'query' | 'path'): string {
  const latin = Buffer.from(text, 'latin1');
  const isLatin = random() < 0.3 && !/[^\0-\xff]/.test(text) && !isUtf8(latin);
  const bytes = isLatin ? latin.toString('latin1') : bytesOf(text);
  const plain = place === 'query' ? /[A-Za-z0-9_.~\-/:@!$'()*,]/ : /[A-Za-z0-9_.~\-/:@!$'()*,+&=]/;
  return [...bytes]
    .map((byte) => {
      if (byte === ' ' && place === 'query' && random() < 0.5) return '+';
      return plain.test(byte) && random() < 0.9 ? byte : escaped(byte);
    })
    .join('');
}
