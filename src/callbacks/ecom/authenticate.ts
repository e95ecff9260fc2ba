/**
 * Whether a callback proves where it comes from: the digest, and the exceptions that TEST has because Resurs registers
 * it without one. Basic credentials and source address were checked before (guards.ts); here they only count.
 */
import type { Verification } from '../../db/schema.ts';
import type { Callback } from '../../protocol/ecom/callback.ts';
import { verifyDigest } from '../../protocol/ecom/digest.ts';
import { type DigestPolicy, isDigestRequired } from '../../protocol/ecom/salts.ts';
import { verifyTestSignature } from '../../protocol/ecom/test-signature.ts';

/** `unproven_test`: a TEST without any proof; answered as taken, but not stored. */
export type AuthenticationResult =
  | { readonly outcome: 'authentic'; readonly verified: Verification }
  | { readonly outcome: 'rejected' }
  | { readonly outcome: 'unproven_test' };

export interface AuthenticityOptions {
  readonly digestPolicy: DigestPolicy;
  /** Whether Basic credentials are configured, and so were right. */
  readonly basicAuth: boolean;
  /** Whether a source list is configured, and so the address was on it. */
  readonly source: boolean;
}

/** `nowMs` is unix time. */
export function authenticate(callback: Callback, options: AuthenticityOptions, nowMs: number): AuthenticationResult {
  const { digestPolicy, basicAuth, source } = options;
  const authenticated = (digest: boolean, result: boolean): AuthenticationResult => {
    return { outcome: 'authentic', verified: { digest, result, basicAuth, source } };
  };

  const isRequired = isDigestRequired(digestPolicy);
  const hasNoResult = callback.result === null;
  if (callback.type === 'TEST' && callback.digest === null) {
    const isProven = basicAuth || !isRequired || verifyTestSignature(callback, digestPolicy, nowMs);
    return isProven ? authenticated(false, hasNoResult) : { outcome: 'unproven_test' };
  }
  if (!isRequired) return authenticated(false, hasNoResult);

  const verdict = verifyDigest(callback, digestPolicy, nowMs);
  return verdict.outcome === 'valid' ? authenticated(true, verdict.coversResult) : { outcome: 'rejected' };
}
