/**
 * Parses the request target into a Callback: type, payment, digest, and the other parameters of the URL. The shop
 * chooses the spelling of its URL at registration, so several names mean the same thing here.
 *
 * Checks syntax only; digest.ts verifies the digest. A value used as a field must be the same value that the digest is
 * verified over, so contradictory values are rejected, never resolved.
 */
import { type NameValue, queryPairs } from '../../lib/request-target.ts';
import type { Callback } from '../../protocol/ecom/callback.ts';
import type { CallbackTarget } from '../callback-target.ts';
import { parsePathForm } from './path-form.ts';

/** `callbackType` is the type in upper case, or empty if it is invalid. `reason` is for the log and holds no values. */
export type ParsedCallback =
  | { outcome: 'parsed'; callback: Callback }
  | { outcome: 'malformed'; callbackType: string; reason: string }
  | { outcome: 'unknown_path' };

/** A parameter under its name as first spelled; `isConflicting` if the name was repeated with another value. */
interface Param {
  readonly name: string;
  readonly value: string;
  isConflicting: boolean;
}
/** Keyed by the name in lower case. */
type ParamMap = Map<string, Param>;

const TYPE = /^[A-Za-z0-9_.-]{1,64}$/;
const TYPE_NAMES = ['c', 'event-type', 'eventtype', 'callback', 'status'];
const PAYMENT_NAMES = ['p', 'paymentid', 'orderid'];
const DIGEST_NAMES = ['d', 'digest'];
const RESULT_NAMES = ['r', 'result'];
const TEST_NUMBERS = [1, 2, 3, 4, 5];
const MAX_PAYMENT_ID_CHARACTERS = 255;

/**
 * Parses a callback from its target, which `matchCallbackPath` has split. Never throws: a target that is no valid
 * callback is `malformed`, and a path below the callback path that no callback has is `unknown_path`.
 */
export function parseCallback({ segments, query }: CallbackTarget): ParsedCallback {
  const form = parsePathForm(segments);
  if (form === null) return { outcome: 'unknown_path' };

  const params = collectParams([...form.pairs, ...queryPairs(query)]);
  const hasConflict = [...params.values()].some((param) => param.isConflicting);
  const named = form.type === null ? takeFirst(params, TYPE_NAMES) : { value: form.type, isConflicting: false };
  const type = named !== null && !named.isConflicting && TYPE.test(named.value) ? named.value.toUpperCase() : '';
  const callback = toCallback(type, params);

  let reason = named === null ? 'type is missing' : null;
  if (hasConflict) reason ??= 'a name appears twice with different values';
  if (type === '') reason ??= 'type is not valid';
  if (form.hasTestParams && type !== 'TEST') reason ??= 'only TEST carries param1 to param5 in the path';
  if (type !== 'TEST') reason ??= paymentIdError(callback.paymentId);
  return reason === null ? { outcome: 'parsed', callback } : { outcome: 'malformed', callbackType: type, reason };
}

function toCallback(type: string, params: ParamMap): Callback {
  const digest = takeFirst(params, DIGEST_NAMES)?.value ?? null;
  for (const name of DIGEST_NAMES) params.delete(name);
  const result = takeFirst(params, RESULT_NAMES)?.value ?? null;
  const registrationTime = takeRegistrationTime(params);

  if (type === 'TEST') {
    const testParams = TEST_NUMBERS.map((n) => takeFirst(params, [`param${n}`, `prm${n}`, `ignore${n}`])?.value ?? '');
    const parameters = Object.fromEntries(testParams.map((value, i) => [`param${i + 1}`, value]));
    return { type, paymentId: null, result, digest, registrationTime, testParams, parameters };
  }
  const paymentId = takeFirst(params, PAYMENT_NAMES)?.value ?? null;
  // fromEntries defines own properties, so a parameter named __proto__ is a parameter like any other.
  const parameters = Object.fromEntries([...params.values()].map(({ name, value }) => [name, value]));
  return { type, paymentId, result, digest, registrationTime, testParams: [], parameters };
}

/** Ignores case and leading `amp;`: Resurs sends such names for registrations written with `&amp;`. */
function collectParams(pairs: readonly NameValue[]): ParamMap {
  const params: ParamMap = new Map();
  for (const [spelled, value] of pairs) {
    const name = spelled.replace(/^(?:amp;)+/i, '');
    const known = params.get(name.toLowerCase());
    if (known === undefined && (name !== '' || value !== '')) {
      params.set(name.toLowerCase(), { name, value, isConflicting: false });
    }
    if (known !== undefined && known.value !== value) known.isConflicting = true;
  }
  return params;
}

/** Removes and returns the first of the aliases that has a value; the others stay behind as ordinary parameters. */
function takeFirst(params: ParamMap, aliases: readonly string[]): Param | null {
  const key = aliases.find((name) => (params.get(name)?.value ?? '') !== '');
  if (key === undefined) return null;
  const param = params.get(key) ?? null;
  params.delete(key);
  return param;
}

function takeRegistrationTime(params: ParamMap): string | null {
  return /^[0-9]{1,12}$/.test(params.get('t')?.value ?? '') ? (takeFirst(params, ['t'])?.value ?? null) : null;
}

function paymentIdError(paymentId: string | null): string | null {
  if (paymentId === null) return 'paymentId is missing';
  if ([...paymentId].length > MAX_PAYMENT_ID_CHARACTERS) {
    return `paymentId is longer than ${MAX_PAYMENT_ID_CHARACTERS} characters`;
  }
  if (paymentId === '.' || paymentId === '..') return 'paymentId is a dot segment';
  return /\p{Cc}/u.test(paymentId) ? 'paymentId has control characters' : null;
}
