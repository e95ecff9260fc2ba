/**
 * From the raw request target to a Callback: which type, which payment, which proof, and what else the URL carried.
 * The way Resurs spells a URL is the merchant's choice at registration, so several names mean the same thing here.
 * Nothing is judged but form: whether the digest is right is left to digest.ts. A value that is taken for one meaning
 * must be the very value that the digest is checked over; contradictions are refused, never resolved.
 */
import { readPath } from './path.ts';
import { type Pair, queryPairs, segmentsBelow, splitTarget } from './url.ts';

export interface Callback {
  /** Upper case. */
  readonly type: string;
  /** Null only for TEST. */
  readonly paymentId: string | null;
  readonly result: string | null;
  /** As received; an empty one counts as missing. */
  readonly digest: string | null;
  /** `t` verbatim, unix seconds in 1–12 digits. */
  readonly registrationTime: string | null;
  /** Five strings for TEST, missing ones empty; none for other types. */
  readonly testValues: readonly string[];
  /** What else was in the URL; for TEST param1…param5. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** `actual` is the type in upper case, or empty when it is not valid. `fault` is for the log and holds no values. */
export type ParsedCallback =
  | { outcome: 'parsed'; callback: Callback }
  | { outcome: 'malformed'; actual: string; fault: string }
  | { outcome: 'unknown_path' };

/** A name as first spelled; `isContradicted` when it came again with other contents. */
interface Named {
  readonly name: string;
  readonly value: string;
  isContradicted: boolean;
}
type Names = Map<string, Named>;

const TYPE = /^[A-Za-z0-9_.-]{1,64}$/;
const TYPE_NAMES = ['c', 'event-type', 'eventtype', 'callback', 'status'];
const PAYMENT_NAMES = ['p', 'paymentid', 'orderid'];
const DIGEST_NAMES = ['d', 'digest'];
const RESULT_NAMES = ['r', 'result'];
const TEST_NUMBERS = [1, 2, 3, 4, 5];
const MAX_PAYMENT_ID_CHARACTERS = 255;

/**
 * `target` is what Node gives as the request URL, `basePath` the callback path it lies on (see `callbackPathOf`).
 * Never throws: what cannot be read is `malformed`, and a path below `basePath` that no callback has is `unknown_path`.
 */
export function parseCallback(target: string, basePath: string): ParsedCallback {
  const { path, query } = splitTarget(target);
  const rest = segmentsBelow(path, basePath);
  const form = rest === null ? null : readPath(rest);
  if (form === null) return { outcome: 'unknown_path' };

  const names = collectNames([...form.pairs, ...queryPairs(query)]);
  const isContradictory = [...names.values()].some((named) => named.isContradicted);
  const typed = form.type === null ? take(names, TYPE_NAMES) : { value: form.type, isContradicted: false };
  const type = typed !== null && !typed.isContradicted && TYPE.test(typed.value) ? typed.value.toUpperCase() : '';
  const callback = readNames(type, names);

  let fault = typed === null ? 'type is missing' : null;
  if (isContradictory) fault ??= 'a name came twice with different contents';
  if (type === '') fault ??= 'type is not valid';
  if (form.isTestShape && type !== 'TEST') fault ??= 'only TEST carries param1 to param5 in the path';
  if (type !== 'TEST') fault ??= faultOfPaymentId(callback.paymentId);
  return fault === null ? { outcome: 'parsed', callback } : { outcome: 'malformed', actual: type, fault };
}

/**
 * The one of `paths` that the raw request target lies on or below, the longest if several; null when there is none.
 * `/` stands for exactly `/`, with or without a query.
 */
export function callbackPathOf(target: string, paths: readonly string[]): string | null {
  const { path } = splitTarget(target);
  const matches = paths.filter((candidate) => segmentsBelow(path, candidate) !== null);
  return matches.sort((a, b) => b.split('/').length - a.split('/').length)[0] ?? null;
}

function readNames(type: string, names: Names): Callback {
  const digest = take(names, DIGEST_NAMES)?.value ?? null;
  for (const name of DIGEST_NAMES) names.delete(name);
  const result = take(names, RESULT_NAMES)?.value ?? null;
  const registrationTime = takeRegistrationTime(names);

  if (type === 'TEST') {
    const testValues = TEST_NUMBERS.map((n) => take(names, [`param${n}`, `prm${n}`, `ignore${n}`])?.value ?? '');
    const parameters = Object.fromEntries(testValues.map((value, i) => [`param${i + 1}`, value]));
    return { type, paymentId: null, result, digest, registrationTime, testValues, parameters };
  }
  const paymentId = take(names, PAYMENT_NAMES)?.value ?? null;
  // fromEntries defines own properties, so a parameter named __proto__ is a parameter like any other.
  const parameters = Object.fromEntries([...names.values()].map(({ name, value }) => [name, value]));
  return { type, paymentId, result, digest, registrationTime, testValues: [], parameters };
}

/** Case and leading `amp;` are ignored: registrations written with `&amp;` make Resurs call with such names. */
function collectNames(pairs: readonly Pair[]): Names {
  const names: Names = new Map();
  for (const [spelled, value] of pairs) {
    const name = spelled.replace(/^(?:amp;)+/i, '');
    const known = names.get(name.toLowerCase());
    if (known === undefined && (name !== '' || value !== '')) {
      names.set(name.toLowerCase(), { name, value, isContradicted: false });
    }
    if (known !== undefined && known.value !== value) known.isContradicted = true;
  }
  return names;
}

/** Removes and returns the first name of a row that has contents; what stays behind is an ordinary parameter. */
function take(names: Names, row: readonly string[]): Named | null {
  const key = row.find((name) => (names.get(name)?.value ?? '') !== '');
  if (key === undefined) return null;
  const named = names.get(key) ?? null;
  names.delete(key);
  return named;
}

function takeRegistrationTime(names: Names): string | null {
  return /^[0-9]{1,12}$/.test(names.get('t')?.value ?? '') ? (take(names, ['t'])?.value ?? null) : null;
}

function faultOfPaymentId(paymentId: string | null): string | null {
  if (paymentId === null) return 'paymentId is missing';
  if ([...paymentId].length > MAX_PAYMENT_ID_CHARACTERS) {
    return `paymentId is longer than ${MAX_PAYMENT_ID_CHARACTERS} characters`;
  }
  if (paymentId === '.' || paymentId === '..') return 'paymentId is a dot segment';
  return /\p{Cc}/u.test(paymentId) ? 'paymentId has control characters' : null;
}
