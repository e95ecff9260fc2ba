/**
 * Whether a callback proves that it comes from Resurs: UPPER(HEX(H(values ‖ salt))) over the values of its type. When a
 * digest has to be there at all is decided by the route. Two things must not break: every candidate is computed and
 * compared, so that time tells nothing about which salt was near, and nothing but the values of the type is hashed,
 * because without separators one more value would let strangers move characters from one value to another.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Callback } from './callback.ts';
import { type DigestAlgorithm, type DigestPolicy, type Salt, saltsOf } from './salts.ts';

export {
  type DigestAlgorithm,
  type DigestPolicy,
  type DigestSettings,
  deriveSalt,
  digestPolicyOf,
  isDigestRequired,
} from './salts.ts';
export { isTriggerProof, triggerProof } from './trigger.ts';

/** `provesResult` is false when the callback carries a result that the digest does not cover. */
export type DigestVerdict = { outcome: 'valid'; provesResult: boolean } | { outcome: 'invalid' };

/** Resurs does not document how it encodes non-ASCII ids before hashing. */
export type DigestEncoding = 'utf8' | 'latin1';

interface Candidate {
  readonly values: string;
  readonly salt: string;
  readonly coversResult: boolean;
}

/** A missing digest, and a type that no salt applies to, are invalid. `nowMs` is unix time. */
export function checkDigest(callback: Callback, policy: DigestPolicy, nowMs: number): DigestVerdict {
  const digest = callback.digest ?? '';
  const algorithm = algorithmOf(digest);
  if (algorithm === null || !policy.algorithms.includes(algorithm)) return { outcome: 'invalid' };

  const received = Buffer.from(digest, 'hex');
  let isValid = false;
  let coversResult = false;
  for (const candidate of saltsOf(callback, policy, nowMs).flatMap((salt) => candidatesOf(callback, salt))) {
    for (const encoding of encodingsOf(candidate.values + candidate.salt)) {
      const computed = computeDigest(algorithm, candidate.values, candidate.salt, encoding);
      const isEqual = timingSafeEqual(received, Buffer.from(computed, 'hex'));
      isValid = isEqual || isValid;
      coversResult = (isEqual && candidate.coversResult) || coversResult;
    }
  }
  return isValid
    ? { outcome: 'valid', provesResult: callback.result === null || coversResult }
    : { outcome: 'invalid' };
}

/** Upper-case hex, as Resurs sends it. `text` is the values in registered order without separators. */
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
 * AUTOMATIC_FRAUD_CONTROL is registered with paymentId alone in Resurs' examples and with paymentId and result by
 * clients; a derived salt belongs to a registration of ours, which always takes both.
 */
function candidatesOf(callback: Callback, salt: Salt): Candidate[] {
  const { type, result, testValues } = callback;
  const paymentId = callback.paymentId ?? '';
  if (type === 'TEST') return [{ values: testValues.join(''), salt: salt.text, coversResult: false }];

  const alone = { values: paymentId, salt: salt.text, coversResult: false };
  if (type !== 'AUTOMATIC_FRAUD_CONTROL') return [alone];

  const isKnownResult = result === 'FROZEN' || result === 'THAWED';
  const both = isKnownResult ? [{ values: paymentId + result, salt: salt.text, coversResult: true }] : [];
  return salt.isDerived ? both : [...both, alone];
}

function encodingsOf(text: string): DigestEncoding[] {
  const isLatin1 = !/[\u0100-\uffff]/.test(text);
  const isAscii = Buffer.byteLength(text, 'utf8') === text.length;
  return isLatin1 && !isAscii ? ['utf8', 'latin1'] : ['utf8'];
}
