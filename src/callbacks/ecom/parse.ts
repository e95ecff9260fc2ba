/**
 * From the raw request target to a Callback: which type, which payment, which proof, and what else the URL carried.
 * The way Resurs spells a URL is the merchant's choice at registration, so several names mean the same thing here.
 * Nothing is judged but form: whether the digest is right is left to digest.ts. A value that is taken for one meaning
 * must be the very value that the digest is checked over; contradictions are refused, never resolved.
 */
import { type NameValue, queryPairs, segmentsUnder, splitTarget } from '../../lib/request-target.ts';
import type { Callback } from '../../protocol/ecom/callback.ts';
import { parsePathForm } from './path-form.ts';

/** `actual` is the type in upper case, or empty when it is not valid. `fault` is for the log and holds no values. */
export type ParsedCallback =
  | { outcome: 'parsed'; callback: Callback }
  | { outcome: 'malformed'; actual: string; reason: string }
  | { outcome: 'unknown_path' };

/** A name as first spelled; `isConflicting` when it came again with other contents. */
interface Param {
  readonly name: string;
  readonly value: string;
  isConflicting: boolean;
}
type ParamMap = Map<string, Param>;

const TYPE = /^[A-Za-z0-9_.-]{1,64}$/;
const TYPE_NAMES = ['c', 'event-type', 'eventtype', 'callback', 'status'];
const PAYMENT_NAMES = ['p', 'paymentid', 'orderid'];
const DIGEST_NAMES = ['d', 'digest'];
const RESULT_NAMES = ['r', 'result'];
const TEST_NUMBERS = [1, 2, 3, 4, 5];
const MAX_PAYMENT_ID_CHARACTERS = 255;

/**
 * `target` is what Node gives as the request URL, `basePath` the callback path it lies on (see `matchCallbackPath`).
 * Never throws: what cannot be read is `malformed`, and a path below `basePath` that no callback has is `unknown_path`.
 */
export function parseCallback(target: string, basePath: string): ParsedCallback {
  const { path, query } = splitTarget(target);
  const rest = segmentsUnder(path, basePath);
  const form = rest === null ? null : parsePathForm(rest);
  if (form === null) return { outcome: 'unknown_path' };

  const names = collectNames([...form.pairs, ...queryPairs(query)]);
  const isContradictory = [...names.values()].some((named) => named.isConflicting);
  const typed = form.type === null ? takeFirst(names, TYPE_NAMES) : { value: form.type, isConflicting: false };
  const type = typed !== null && !typed.isConflicting && TYPE.test(typed.value) ? typed.value.toUpperCase() : '';
  const callback = readNames(type, names);

  let reason = typed === null ? 'type is missing' : null;
  if (isContradictory) reason ??= 'a name came twice with different contents';
  if (type === '') reason ??= 'type is not valid';
  if (form.hasTestParams && type !== 'TEST') reason ??= 'only TEST carries param1 to param5 in the path';
  if (type !== 'TEST') reason ??= paymentIdError(callback.paymentId);
  return reason === null ? { outcome: 'parsed', callback } : { outcome: 'malformed', actual: type, reason };
}

/**
 * The one of `paths` that the raw request target lies on or below, the longest if several; null when there is none.
 * `/` stands for exactly `/`, with or without a query.
 */
export function matchCallbackPath(target: string, paths: readonly string[]): string | null {
  const { path } = splitTarget(target);
  const matches = paths.filter((candidate) => segmentsUnder(path, candidate) !== null);
  return matches.sort((a, b) => b.split('/').length - a.split('/').length)[0] ?? null;
}

function readNames(type: string, names: ParamMap): Callback {
  const digest = takeFirst(names, DIGEST_NAMES)?.value ?? null;
  for (const name of DIGEST_NAMES) names.delete(name);
  const result = takeFirst(names, RESULT_NAMES)?.value ?? null;
  const registrationTime = takeRegistrationTime(names);

  if (type === 'TEST') {
    const testParams = TEST_NUMBERS.map((n) => takeFirst(names, [`param${n}`, `prm${n}`, `ignore${n}`])?.value ?? '');
    const parameters = Object.fromEntries(testParams.map((value, i) => [`param${i + 1}`, value]));
    return { type, paymentId: null, result, digest, registrationTime, testParams, parameters };
  }
  const paymentId = takeFirst(names, PAYMENT_NAMES)?.value ?? null;
  // fromEntries defines own properties, so a parameter named __proto__ is a parameter like any other.
  const parameters = Object.fromEntries([...names.values()].map(({ name, value }) => [name, value]));
  return { type, paymentId, result, digest, registrationTime, testParams: [], parameters };
}

/** Case and leading `amp;` are ignored: registrations written with `&amp;` make Resurs call with such names. */
function collectNames(pairs: readonly NameValue[]): ParamMap {
  const names: ParamMap = new Map();
  for (const [spelled, value] of pairs) {
    const name = spelled.replace(/^(?:amp;)+/i, '');
    const known = names.get(name.toLowerCase());
    if (known === undefined && (name !== '' || value !== '')) {
      names.set(name.toLowerCase(), { name, value, isConflicting: false });
    }
    if (known !== undefined && known.value !== value) known.isConflicting = true;
  }
  return names;
}

/** Removes and returns the first name of a row that has contents; what stays behind is an ordinary parameter. */
function takeFirst(names: ParamMap, aliases: readonly string[]): Param | null {
  const key = aliases.find((name) => (names.get(name)?.value ?? '') !== '');
  if (key === undefined) return null;
  const named = names.get(key) ?? null;
  names.delete(key);
  return named;
}

function takeRegistrationTime(names: ParamMap): string | null {
  return /^[0-9]{1,12}$/.test(names.get('t')?.value ?? '') ? (takeFirst(names, ['t'])?.value ?? null) : null;
}

function paymentIdError(paymentId: string | null): string | null {
  if (paymentId === null) return 'paymentId is missing';
  if ([...paymentId].length > MAX_PAYMENT_ID_CHARACTERS) {
    return `paymentId is longer than ${MAX_PAYMENT_ID_CHARACTERS} characters`;
  }
  if (paymentId === '.' || paymentId === '..') return 'paymentId is a dot segment';
  return /\p{Cc}/u.test(paymentId) ? 'paymentId has control characters' : null;
}
