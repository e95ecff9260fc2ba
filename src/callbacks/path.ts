/**
 * The pair form of a callback URL: what the segments below a callback path say. It recognises shapes only; whether type
 * and values are acceptable is left to callback.ts. Ends are taken off the raw segments before anything is decoded:
 * an id may itself hold slashes, escaped or not, and must not lose or gain any.
 */
import { decodePiece, type Pair } from './url.ts';

/** `type` is null when the query has to name it; `isTestShape` when the path carries TEST values. */
export interface PathForm {
  readonly type: string | null;
  readonly pairs: readonly Pair[];
  readonly isTestShape: boolean;
}

const END_NAMES = ['digest', 'result'];
const TEST_NAME = /^(?:param|prm|ignore)[1-5]$/i;
const FIRST_TEST_NAME = /^(?:param|prm|ignore)1$/i;

/** Answers null for a shape no callback has. */
export function readPath(rest: readonly string[]): PathForm | null {
  const [type, ...more] = rest;
  if (type === undefined || (type === '' && more.length === 0)) return { type: null, pairs: [], isTestShape: false };
  if (type === '') return null;

  const [name, ...values] = more;
  const decodedType = decodePiece(type);
  if (name === undefined || (name === '' && values.length === 0)) {
    return { type: decodedType, pairs: [], isTestShape: false };
  }
  if (decodePiece(name).toLowerCase() === 'paymentid') {
    return { type: decodedType, pairs: paymentPairs(values), isTestShape: false };
  }
  const pairs = testPairs(more);
  return pairs === null ? null : { type: decodedType, pairs, isTestShape: true };
}

/** `/digest/{x}` and `/result/{x}` come off the end, each once; everything before them is the id. */
function paymentPairs(segments: readonly string[]): Pair[] {
  const left = [...segments];
  if (left.at(-1) === '' && left.at(-2) !== '' && endName(left.at(-3)) !== null) left.pop();

  const ends = new Map<string, string>();
  let name = endName(left.at(-2));
  while (name !== null && !ends.has(name)) {
    ends.set(name, decodePiece(left.pop() ?? ''));
    left.pop();
    name = endName(left.at(-2));
  }
  return [['paymentId', decodePiece(left.join('/'))], ...ends];
}

function endName(segment: string | undefined): string | null {
  const name = decodePiece(segment ?? '').toLowerCase();
  return END_NAMES.includes(name) ? name : null;
}

/** Names and values alternate, so a value may well be the word `digest`; null when a name is none of the known ones. */
function testPairs(segments: readonly string[]): Pair[] | null {
  const even = segments.length % 2 === 1 && segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  const pairs: Pair[] = [];
  for (let i = 0; i < even.length; i += 2) {
    const name = decodePiece(even[i] ?? '');
    const value = even[i + 1];
    const isKnown = i === 0 ? FIRST_TEST_NAME.test(name) : TEST_NAME.test(name) || endName(name) !== null;
    if (!isKnown || value === undefined) return null;
    pairs.push([name, decodePiece(value)]);
  }
  return pairs;
}
