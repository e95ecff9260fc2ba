/**
 * Parses the pair form of a callback URL: the segments below a callback path. It recognises shapes only; parse.ts
 * checks type and values. Trailing pairs are removed from the raw segments before anything is decoded: an id may itself
 * hold slashes, escaped or not, and must not lose or gain any.
 */
import { decodeComponent, type NameValue } from '../../lib/request-target.ts';

export interface PathForm {
  /** Null: the query has to name it. */
  readonly type: string | null;
  readonly pairs: readonly NameValue[];
  /** Whether the path carries the values of a TEST. */
  readonly hasTestParams: boolean;
}

const TRAILING_NAMES = ['digest', 'result'];
const TEST_NAME = /^(?:param|prm|ignore)[1-5]$/i;
const FIRST_TEST_NAME = /^(?:param|prm|ignore)1$/i;

/** Parses the raw segments below a callback path; null for a shape that no callback has. */
export function parsePathForm(segments: readonly string[]): PathForm | null {
  const [type, ...more] = segments;
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

/** Removes `/digest/{x}` and `/result/{x}` from the end, each once; everything before them is the id. */
function paymentPairs(segments: readonly string[]): NameValue[] {
  const rest = [...segments];
  if (rest.at(-1) === '' && rest.at(-2) !== '' && trailingName(rest.at(-3)) !== null) rest.pop();

  const trailing = new Map<string, string>();
  let name = trailingName(rest.at(-2));
  while (name !== null && !trailing.has(name)) {
    trailing.set(name, decodeComponent(rest.pop() ?? ''));
    rest.pop();
    name = trailingName(rest.at(-2));
  }
  return [['paymentId', decodeComponent(rest.join('/'))], ...trailing];
}

function trailingName(segment: string | undefined): string | null {
  const name = decodeComponent(segment ?? '').toLowerCase();
  return TRAILING_NAMES.includes(name) ? name : null;
}

/** Names and values alternate, so a value may be the word `digest`. Returns null if a name is unknown. */
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
