/**
 * Parses the request target into a Callback: type, payment, digest, and the other parameters of the URL. The shop
 * chooses the spelling of its URL at registration, so several names mean the same thing here.
 *
 * Checks syntax only; digest.ts verifies the digest. A value used as a field must be the same value that the digest is
 * verified over, so contradictory values are rejected, never resolved. Where a value can be read in two ways, there is
 * a second callback: it counts only if its digest is right and that of the first is not.
 */
import { queryPairs, type UrlText } from '../../../lib/request-target.ts';
import type { CallbackTarget } from '../../url/callback-path.ts';
import { collectParams, type Params, type Taken } from '../../url/params.ts';
import { ACCOUNT_TYPE, type Callback } from '../callback.ts';
import { parsePathForm } from './path-form.ts';
import {
  ACCOUNT_NAMES,
  DIGEST_NAMES,
  PAYMENT_NAMES,
  RESULT_NAMES,
  TEST_NUMBERS,
  TIME_NAMES,
  TYPE_NAMES,
  testNames,
} from './url-names.ts';

/**
 * `callbackType` is the type in upper case, or empty if it is invalid. `reason` is for the log and holds no values.
 * `otherReading` is null if every value can be read in one way only.
 */
export type ParsedCallback =
  | { outcome: 'parsed'; callback: Callback; otherReading: Callback | null }
  | { outcome: 'malformed'; callbackType: string; reason: string }
  | { outcome: 'unknown_path' };

const TYPE = /^[A-Za-z0-9_.-]{1,64}$/;
/** A module registers `type=AUTOMATIC_FRAUD_CONTROLresult={result}`, without the `&`. */
const TYPE_AND_RESULT = /^([A-Za-z0-9_.-]{1,64}?)result=(.*)$/is;
const REGISTRATION_TIME = /^[0-9]{1,12}$/;
const MAX_ID_CHARACTERS = 255;

/**
 * Parses a callback from its target, which `matchCallbackPath` has split. Never throws: a target that is no valid
 * callback is `malformed`, and a path below the callback path that no callback has is `unknown_path`.
 */
export function parseCallback({ segments, query }: CallbackTarget): ParsedCallback {
  const form = parsePathForm(segments);
  if (form === null) return { outcome: 'unknown_path' };

  const params = collectParams([...form.pairs, ...queryPairs(query)]);
  const named = form.type ?? params.take(TYPE_NAMES)?.value.text ?? null;
  const isContradictory = params.hasConflict();
  const type = isContradictory || named === null ? '' : parseType(named, params);
  const { callback, otherReading } = toCallback(type, params);

  let reason = named === null ? 'type is missing' : null;
  if (params.hasConflict()) reason ??= 'a name appears twice with different values';
  if (type === '') reason ??= 'type is not valid';
  if (form.hasTestParams && type !== 'TEST') reason ??= 'only TEST carries param1 to param5 in the path';
  reason ??= idError(callback);
  if (reason !== null) return { outcome: 'malformed', callbackType: type, reason };
  return { outcome: 'parsed', callback, otherReading };
}

/** Returns the type in upper case, or empty if it is not valid. A result that is glued to it becomes a parameter. */
function parseType(named: string, params: Params): string {
  const [, type = named, result] = TYPE_AND_RESULT.exec(named) ?? [];
  if (result !== undefined) params.add({ name: 'result', value: { text: result, bytes: null }, otherReading: null });
  return TYPE.test(type) ? type.toUpperCase() : '';
}

/** The values that a type's digest covers, besides the result. */
interface SignedValues {
  readonly names: Pick<Callback, 'paymentId' | 'accountId' | 'testParams'>;
  readonly texts: readonly UrlText[];
}

function toCallback(type: string, params: Params): { callback: Callback; otherReading: Callback | null } {
  const digest = params.take(DIGEST_NAMES)?.value.text ?? null;
  params.drop(DIGEST_NAMES);
  const result = params.take(RESULT_NAMES)?.value.text ?? null;
  const registrationTime = params.take(TIME_NAMES, (text) => REGISTRATION_TIME.test(text))?.value.text ?? null;
  const taken = takeSigned(type, params);
  const rest = params.rest();

  const reading = (values: readonly (UrlText | null)[]): Callback => {
    const { names, texts } = signedValues(type, values);
    const base = { type, result, digest, registrationTime, ...names, signedBytes: bytesOf(texts) };
    return { ...base, parameters: parametersOf(type, names, rest) };
  };
  const callback = reading(taken.map((value) => value?.value ?? null));
  const hasOther = taken.some((value) => value !== null && value.value !== value.otherReading);
  const otherReading = hasOther ? reading(taken.map((value) => value?.otherReading ?? null)) : null;
  return { callback, otherReading: otherReading === null || idError(otherReading) !== null ? null : otherReading };
}

function takeSigned(type: string, params: Params): (Taken | null)[] {
  if (type === 'TEST') return TEST_NUMBERS.map((n) => params.take(testNames(n)));
  return [params.take(type === ACCOUNT_TYPE ? ACCOUNT_NAMES : PAYMENT_NAMES)];
}

function signedValues(type: string, values: readonly (UrlText | null)[]): SignedValues {
  const texts = values.map((value) => value ?? { text: '', bytes: null });
  const first = values[0]?.text ?? null;
  const none = { paymentId: null, accountId: null, testParams: [] };
  if (type === 'TEST') return { names: { ...none, testParams: texts.map(({ text }) => text) }, texts };
  return { names: type === ACCOUNT_TYPE ? { ...none, accountId: first } : { ...none, paymentId: first }, texts };
}

/** A TEST keeps its five values alone; a PASSWORD_EXPIRATION keeps its account, which has no field of its own. */
function parametersOf(
  type: string,
  { accountId, testParams }: SignedValues['names'],
  rest: Callback['parameters'],
): Callback['parameters'] {
  if (type === 'TEST') return Object.fromEntries(testParams.map((value, i) => [`param${i + 1}`, value]));
  return accountId === null ? rest : { identifier: accountId, ...rest };
}

function bytesOf(texts: readonly UrlText[]): Buffer | null {
  if (texts.every(({ bytes }) => bytes === null)) return null;
  return Buffer.concat(texts.map(({ text, bytes }) => bytes ?? Buffer.from(text, 'utf8')));
}

/** Returns what is wrong with the id that a callback of its type needs; null if it is right. */
function idError({ type, paymentId, accountId }: Callback): string | null {
  if (type === 'TEST') return null;
  const [name, id] = type === ACCOUNT_TYPE ? ['identifier', accountId] : ['paymentId', paymentId];
  if (id === null) return `${name} is missing`;
  // A character has one or two code units.
  if (id.length > MAX_ID_CHARACTERS && [...id].length > MAX_ID_CHARACTERS)
    return `${name} is longer than ${MAX_ID_CHARACTERS} characters`;
  if (id === '.' || id === '..') return `${name} is a dot segment`;
  return /\p{Cc}/u.test(id) ? `${name} has control characters` : null;
}
