/**
 * The pair form of a callback URL: what the segments below a callback path say. It recognises shapes only; whether type
 * and values are acceptable is left to callback.ts. Ends are taken off the raw segments before anything is decoded:
 * an id may itself hold slashes, escaped or not, and must not lose or gain any.
 */
import { decodeComponent, type NameValue } from '../../lib/request-target.ts';

/** `type` is null when the query has to name it; `hasTestParams` when the path carries TEST values. */
export interface PathForm {
  readonly type: string | null;
  readonly pairs: readonly NameValue[];
  readonly hasTestParams: boolean;
}

const TRAILING_NAMES = ['digest', 'result'];
const TEST_NAME = /^(?:param|prm|ignore)[1-5]$/i;
const FIRST_TEST_NAME = /^(?:param|prm|ignore)1$/i;

/** Answers null for a shape no callback has. */
export function parsePathForm(rest: readonly string[]): PathForm | null {
  const [type, ...more] = rest;
  if (type === undefined || (type === '' && more.length === 0)) return { type: null, pairs: [], hasTestParams: false };
  if (type === '') return null;

  const [name, ...values] = more;
  const decodedType = decodeComponent(type);
  if (name === undefined || (name === '' && values.length === 0)) {
    return { type: decodedType, pairs: [], hasTestParams: false };
  }
  if (decodeComponent(name).toLowerCase() === 'paymentid') {
    return { type: decodedType, pairs: paymentPairs(values), hasTestParams: false };
  }
  const pairs = testPairs(more);
  return pairs === null ? null : { type: decodedType, pairs, hasTestParams: true };
}

/** `/digest/{x}` and `/result/{x}` come off the end, each once; everything before them is the id. */
function paymentPairs(segments: readonly string[]): NameValue[] {
  const left = [...segments];
  if (left.at(-1) === '' && left.at(-2) !== '' && trailingName(left.at(-3)) !== null) left.pop();

  const trailing = new Map<string, string>();
  let name = trailingName(left.at(-2));
  while (name !== null && !trailing.has(name)) {
    trailing.set(name, decodeComponent(left.pop() ?? ''));
    left.pop();
    name = trailingName(left.at(-2));
  }
  return [['paymentId', decodeComponent(left.join('/'))], ...trailing];
}

function trailingName(segment: string | undefined): string | null {
  const name = decodeComponent(segment ?? '').toLowerCase();
  return TRAILING_NAMES.includes(name) ? name : null;
}

/** Names and values alternate, so a value may well be the word `digest`; null when a name is none of the known ones. */
function testPairs(segments: readonly string[]): NameValue[] | null {
  const even = segments.length % 2 === 1 && segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  const pairs: NameValue[] = [];
  for (let i = 0; i < even.length; i += 2) {
    const name = decodeComponent(even[i] ?? '');
    const value = even[i + 1];
    const isKnown = i === 0 ? FIRST_TEST_NAME.test(name) : TEST_NAME.test(name) || trailingName(name) !== null;
    if (!isKnown || value === undefined) return null;
    pairs.push([name, decodeComponent(value)]);
  }
  return pairs;
}
