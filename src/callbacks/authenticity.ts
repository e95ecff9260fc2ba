/**
 * Whether a callback proves where it comes from: the digest, and the exceptions that TEST has because Resurs registers
 * it without one. Basic credentials and source address were checked before (guards.ts); here they only count.
 */
import type { Verified } from '../db/schema.ts';
import type { Callback } from './callback.ts';
import { checkDigest, type DigestPolicy, isDigestRequired, isTriggerProof } from './digest.ts';

/** `unproven_test`: a TEST without any proof; answered as taken, but not stored. */
export type Authenticity =
  | { readonly outcome: 'authentic'; readonly verified: Verified }
  | { readonly outcome: 'rejected' }
  | { readonly outcome: 'unproven_test' };

export interface AuthenticityOptions {
  readonly digests: DigestPolicy;
  /** Whether Basic credentials are configured, and so were right. */
  readonly basicAuth: boolean;
  /** Whether a source list is configured, and so the address was on it. */
  readonly source: boolean;
}

/** `nowMs` is unix time. */
export function judgeAuthenticity(callback: Callback, options: AuthenticityOptions, nowMs: number): Authenticity {
  const { digests, basicAuth, source } = options;
  const authentic = (digest: boolean, result: boolean): Authenticity => {
    return { outcome: 'authentic', verified: { digest, result, basicAuth, source } };
  };

  const isRequired = isDigestRequired(digests);
  const hasNoResult = callback.result === null;
  if (callback.type === 'TEST' && callback.digest === null) {
    const isProven = basicAuth || !isRequired || isTriggerProof(callback, digests, nowMs);
    return isProven ? authentic(false, hasNoResult) : { outcome: 'unproven_test' };
  }
  if (!isRequired) return authentic(false, hasNoResult);

  const verdict = checkDigest(callback, digests, nowMs);
  return verdict.outcome === 'valid' ? authentic(true, verdict.provesResult) : { outcome: 'rejected' };
}
