/**
 * Parses the pair form of a callback URL: the segments below a callback path. It recognises shapes only; parse.ts
 * checks type and values. Names and values are separated before anything is decoded: an id may itself hold slashes,
 * escaped or not, and must not lose or gain any. Slashes that stand doubled around names count as one.
 */
import { decodeComponent, decodeText, type NameValue } from '../../../lib/request-target.ts';
import { alternatingPairs } from './path-pairs.ts';
import { isNameWord, isTestName, isTrailingName, TYPE_NAMES } from './url-names.ts';

export interface PathForm {
  /** The type if it comes first in the path. Null: a pair or the query has to name it. */
  readonly type: string | null;
  readonly pairs: readonly NameValue[];
  /** Whether the path carries the values of a TEST behind its type. */
  readonly hasTestParams: boolean;
}

/** Parses the raw segments below a callback path; null for a shape that no callback has. */
export function parsePathForm(segments: readonly string[]): PathForm | null {
  const typeAt = nextFilled(segments, 0);
  const nameAt = nextFilled(segments, typeAt + 1);
  const type = lower(segments[typeAt]);
  // The value of the first pair may be missing: `/digest//paymentId/1/event/UNFREEZE`.
  if (isNameWord(type)) return typeAmongPairs(segments) ?? typeFirst(segments, typeAt, nameAt);
  return typeFirst(segments, typeAt, nameAt) ?? typeAmongPairs(segments);
}

/** `/unfreeze`, `/unfreeze/paymentId/{id}/digest/{x}`, `/test/param1/{x}/param2/{x}`. */
function typeFirst(segments: readonly string[], typeAt: number, nameAt: number): PathForm | null {
  const segment = segments[typeAt];
  if (segment === undefined) return { type: null, pairs: [], hasTestParams: false };
  const type = decodeComponent(segment);
  if (nameAt >= segments.length) return { type, pairs: [], hasTestParams: false };

  const name = lower(segments[nameAt]);
  const isAccount = name === 'identifier' && lower(segment) === 'password_expiration';
  if (name === 'paymentid' || isAccount) {
    const spelled = isAccount ? 'identifier' : 'paymentId';
    return { type, pairs: idAndTrailingPairs(spelled, segments.slice(nameAt + 1)), hasTestParams: false };
  }
  if (lower(segment) !== 'test' && !isTestName(name)) return null;
  const pairs = alternatingPairs(segments.slice(nameAt), (word) => isTestName(word) || isTrailingName(word));
  return pairs === null ? null : { type, pairs, hasTestParams: true };
}

/** `/event/UNFREEZE/digest/{x}/paymentId/{id}`, in any order, with pairs of any other name. */
function typeAmongPairs(segments: readonly string[]): PathForm | null {
  const pairs = alternatingPairs(segments, () => true);
  const hasType = pairs?.some(({ name, value }) => {
    return TYPE_NAMES.some((known) => known === name.toLowerCase()) && value.text !== '';
  });
  return pairs !== null && hasType === true ? { type: null, pairs, hasTestParams: false } : null;
}

/** Removes the trailing pairs from the end, each once; everything before them is the id. */
function idAndTrailingPairs(idName: string, segments: readonly string[]): NameValue[] {
  let rest = segments;
  const trailing: NameValue[] = [];
  for (let next = lastPair(rest); next !== null; next = lastPair(rest)) {
    const { pair, start } = next;
    if (trailing.some(({ name }) => name.toLowerCase() === pair.name.toLowerCase())) break;
    trailing.push(pair);
    rest = rest.slice(0, start);
  }

  const from = nextFilled(rest, 0);
  const until = trailing.length > 0 ? lastFilled(rest) + 1 : rest.length - (rest.at(-1) === '' ? 1 : 0);
  const [id, asItStands] = [rest.slice(from, until).join('/'), rest.join('/')];
  const otherReading = id === asItStands ? null : decodeText(asItStands);
  return [{ name: idName, value: decodeText(id), otherReading }, ...trailing];
}

/** Returns the pair at the end of the segments and where it begins; null if there is none. Its value may be empty. */
function lastPair(segments: readonly string[]): { pair: NameValue; start: number } | null {
  const end = lastFilled(segments);
  const before = lastFilled(segments.slice(0, Math.max(end, 0)));
  const isEmptyAtEnd = segments.at(-1) === '' && isTrailingName(lower(segments[end]));
  const isPair = before >= 0 && isTrailingName(lower(segments[before]));
  // `/result//digest/`: two names without values.
  if (isEmptyAtEnd && (!isPair || end - before > 1)) return { pair: pairOf(segments[end], ''), start: end };
  return isPair ? { pair: pairOf(segments[before], segments[end]), start: before } : null;
}

function pairOf(name = '', value = ''): NameValue {
  return { name: decodeComponent(name), value: decodeText(value), otherReading: null };
}

function nextFilled(segments: readonly string[], from: number): number {
  const at = segments.findIndex((segment, i) => i >= from && segment !== '');
  return at === -1 ? segments.length : at;
}

function lastFilled(segments: readonly string[]): number {
  return segments.findLastIndex((segment) => segment !== '');
}

function lower(segment = ''): string {
  return decodeComponent(segment).toLowerCase();
}
