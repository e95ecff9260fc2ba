/** Callbacks, salts and expected verdicts for tests of digests. */
import { createHash } from 'node:crypto';
import type { Callback } from '../../src/protocol/ecom/callback.ts';
import type { DigestPolicy } from '../../src/protocol/ecom/salts.ts';

export const VALID = { outcome: 'valid', coversResult: true };
export const RESULT_NOT_COVERED = { outcome: 'valid', coversResult: false };
export const INVALID = { outcome: 'invalid' };

/** A policy of SHA-1 without salts, changed as given. */
export function policy(changes: Partial<DigestPolicy> = {}): DigestPolicy {
  return { fixed: {}, keys: [], validFromSeconds: null, algorithms: ['sha1'], ...changes };
}

/** A policy of these fixed salts. */
export function fixed(...salts: string[]): DigestPolicy {
  return policy({ fixed: { '*': salts } });
}

/** An UNFREEZE of a payment, changed as given. */
export function callback(changes: Partial<Callback> = {}): Callback {
  const base = { type: 'UNFREEZE', paymentId: '10000016', result: null, digest: null, registrationTime: null };
  return { ...base, accountId: null, testParams: [], signedBytes: null, parameters: {}, ...changes };
}

/** The digest that Resurs would send over the text. */
export function sha1(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  return createHash('sha1').update(text, encoding).digest('hex').toUpperCase();
}
