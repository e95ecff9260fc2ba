/**
 * Verifies the digest of a callback: UPPER(HEX(H(values ‖ salt))) over the values of its type. It only compares;
 * callbacks/ecom/authenticate.ts decides whether a digest is required. Two properties must hold. Every input is
 * computed and compared, so that timing reveals nothing about which salt was near. Only the values of the type are
 * hashed, because without separators one more value would let strangers move characters from one value to another.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Callback } from './callback.ts';
import { candidateSalts, type DigestAlgorithm, type DigestPolicy, type Salt } from './salts.ts';

/** `coversResult` is false if the callback has a result that the digest does not prove. */
export type DigestResult = { outcome: 'valid'; coversResult: boolean } | { outcome: 'invalid' };

/** Resurs does not document how it encodes non-ASCII ids before hashing. */
export type DigestEncoding = 'utf8' | 'latin1';

interface DigestInput {
  readonly values: string;
  /** The values as they came, where that is not their UTF-8. */
  readonly bytes: Buffer | null;
  readonly salt: Salt;
  readonly coversResult: boolean;
}

const PROVABLE_RESULTS: readonly (string | null)[] = ['FROZEN', 'THAWED'];
const OTHER_RESULT = /^[A-Z][A-Z_]{2,31}$/;

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
    for (const hashed of hashedBytes(input)) {
      const isEqual = timingSafeEqual(received, hash(algorithm, hashed, 'buffer'));
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
  const { type, result, testParams, signedBytes } = callback;
  const values = type === 'TEST' ? testParams.join('') : (callback.paymentId ?? callback.accountId ?? '');
  const alone = { values, bytes: signedBytes, salt, coversResult: false };
  if (type !== 'AUTOMATIC_FRAUD_CONTROL') return [alone];

  const withResult = isCoverable(values, result)
    ? [
        {
          values: values + result,
          bytes: signedBytes === null ? null : Buffer.concat([signedBytes, Buffer.from(result)]),
          salt,
          coversResult: PROVABLE_RESULTS.includes(result),
        },
      ]
    : [];
  return salt.isDerived ? withResult : [...withResult, alone];
}

/**
 * Whether a digest over id and result counts for this result. Without a separator the same characters can be split in
 * several ways: what ends with FROZEN or THAWED has that result and no other. Any other word is never proven.
 */
function isCoverable(paymentId: string, result: string | null): result is string {
  if (result === null) return false;
  if (PROVABLE_RESULTS.includes(result)) return true;
  return OTHER_RESULT.test(result) && !/(?:FROZEN|THAWED)$/.test(paymentId + result);
}

/** Returns what may have been hashed: UTF-8 first, then ISO-8859-1, then the values as they came. */
function hashedBytes({ values, bytes, salt }: DigestInput): Buffer[] {
  const asReceived = bytes === null ? [] : encodingsOf(salt.text).map((encoded) => Buffer.concat([bytes, encoded]));
  return [...encodingsOf(values + salt.text), ...asReceived];
}

function encodingsOf(text: string): Buffer[] {
  const utf8 = Buffer.from(text, 'utf8');
  const isLatin1 = !/[\u0100-\uffff]/.test(text) && utf8.length !== text.length;
  return isLatin1 ? [utf8, Buffer.from(text, 'latin1')] : [utf8];
}
