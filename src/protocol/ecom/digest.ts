/**
 * Verifies the digest of a callback: UPPER(HEX(H(values ‖ salt))) over the values of its type. It only compares;
 * callbacks/ecom/authenticate.ts decides whether a digest is required. Two properties must hold. Every input is
 * computed and compared, so that timing reveals nothing about which salt was near. Only the values of the type are
 * hashed, because without separators one more value would let strangers move characters from one value to another.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Callback } from './callback.ts';
import { candidateSalts, type DigestAlgorithm, type DigestPolicy, type Salt } from './salts.ts';

/** `coversResult` is false if the callback has a result that the digest does not cover. */
export type DigestResult = { outcome: 'valid'; coversResult: boolean } | { outcome: 'invalid' };

/** Resurs does not document how it encodes non-ASCII ids before hashing. */
export type DigestEncoding = 'utf8' | 'latin1';

interface DigestInput {
  readonly values: string;
  readonly salt: Salt;
  readonly coversResult: boolean;
}

/**
 * Compares the digest with that of every salt. Without a digest or an applicable salt it is invalid. `nowMs` is unix
 * time. `onMatch` gets each salt with which it is valid, after all were tried.
 */
export function verifyDigest(
  callback: Callback,
  policy: DigestPolicy,
  nowMs: number,
  onMatch: (salt: Salt) => void = () => undefined,
): DigestResult {
  const digest = callback.digest ?? '';
  const algorithm = algorithmOf(digest);
  if (algorithm === null || !policy.algorithms.includes(algorithm)) return { outcome: 'invalid' };

  const received = Buffer.from(digest, 'hex');
  let isValid = false;
  let coversResult = false;
  const matches = new Set<Salt>();
  for (const input of candidateSalts(callback, policy, nowMs).flatMap((salt) => digestInputs(callback, salt))) {
    for (const encoding of encodingsOf(input.values + input.salt.text)) {
      const computed = computeDigest(algorithm, input.values, input.salt.text, encoding);
      const isEqual = timingSafeEqual(received, Buffer.from(computed, 'hex'));
      isValid = isEqual || isValid;
      coversResult = (isEqual && input.coversResult) || coversResult;
      if (isEqual) matches.add(input.salt);
    }
  }
  for (const salt of matches) onMatch(salt);
  return isValid
    ? { outcome: 'valid', coversResult: callback.result === null || coversResult }
    : { outcome: 'invalid' };
}

/**
 * Computes a digest in upper-case hex, as Resurs sends it. `text` is the values in registered order, without
 * separators.
 */
export function computeDigest(
  algorithm: DigestAlgorithm,
  text: string,
  salt: string,
  encoding: DigestEncoding = 'utf8',
): string {
  return hash(algorithm, Buffer.from(text + salt, encoding), 'hex').toUpperCase();
}

function algorithmOf(digest: string): DigestAlgorithm | null {
  if (/^[0-9a-f]{40}$/i.test(digest)) return 'sha1';
  return /^[0-9a-f]{32}$/i.test(digest) ? 'md5' : null;
}

/**
 * Returns the values that the digest may cover. AUTOMATIC_FRAUD_CONTROL is registered with paymentId alone in Resurs'
 * examples, and with paymentId and result by clients. A derived salt belongs to a registration of ours, which always
 * covers both.
 */
function digestInputs(callback: Callback, salt: Salt): DigestInput[] {
  const { type, result, testParams } = callback;
  const paymentId = callback.paymentId ?? '';
  if (type === 'TEST') return [{ values: testParams.join(''), salt, coversResult: false }];

  const idOnly = { values: paymentId, salt, coversResult: false };
  if (type !== 'AUTOMATIC_FRAUD_CONTROL') return [idOnly];

  const isKnownResult = result === 'FROZEN' || result === 'THAWED';
  const idAndResult = isKnownResult ? [{ values: paymentId + result, salt, coversResult: true }] : [];
  return salt.isDerived ? idAndResult : [...idAndResult, idOnly];
}

function encodingsOf(text: string): DigestEncoding[] {
  const isLatin1 = !/[\u0100-\uffff]/.test(text);
  const isAscii = Buffer.byteLength(text, 'utf8') === text.length;
  return isLatin1 && !isAscii ? ['utf8', 'latin1'] : ['utf8'];
}
