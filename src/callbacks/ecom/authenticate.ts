/**
 * Authenticates a callback by its digest, and decides the exceptions for TEST, which Resurs registers without one.
 * Basic credentials and source address were checked before (http/guards.ts); here they only count as verified.
 */
import type { Verification } from '../../db/schema.ts';
import type { Callback } from '../../protocol/ecom/callback.ts';
import { verifyDigest } from '../../protocol/ecom/digest.ts';
import { type DigestPolicy, isDigestRequired } from '../../protocol/ecom/salts.ts';
import { verifyTestSignature } from '../../protocol/ecom/test-signature.ts';

/**
 * `callback` is the reading whose digest is right. `unauthenticated_test`: a TEST that proves nothing; the response
 * accepts it, but it is not stored.
 */
export type AuthenticationResult =
  | { readonly outcome: 'authenticated'; readonly callback: Callback; readonly verified: Verification }
  | { readonly outcome: 'rejected' }
  | { readonly outcome: 'unauthenticated_test' };

export interface AuthenticationOptions {
  readonly digestPolicy: DigestPolicy;
  /** Whether Basic credentials are configured; if so, the callback carried valid ones. */
  readonly hasBasicAuth: boolean;
  /** Whether a source list is configured; if so, the address was on it. */
  readonly hasAllowList: boolean;
  /** Called with the setting of each salt that a valid digest was made with. */
  readonly onSaltUsed?: (setting: string) => void;
}

/** The readings of one callback, the likelier first. */
export interface CallbackReadings {
  readonly callback: Callback;
  readonly otherReading: Callback | null;
}

/**
 * Decides whether the callback comes from Resurs. The other reading counts only where its digest is right and that of
 * the first is not. `nowMs` is unix time.
 */
export function authenticate(
  { callback, otherReading }: CallbackReadings,
  options: AuthenticationOptions,
  nowMs: number,
): AuthenticationResult {
  const first = authenticateReading(callback, options, nowMs);
  if (first.outcome !== 'rejected' || otherReading === null) return first;
  return authenticateReading(otherReading, options, nowMs);
}

function authenticateReading(callback: Callback, options: AuthenticationOptions, nowMs: number): AuthenticationResult {
  const { digestPolicy, hasBasicAuth, hasAllowList } = options;
  const authenticated = (digest: boolean, result: boolean): AuthenticationResult => {
    const verified = { digest, result, basicAuth: hasBasicAuth, source: hasAllowList };
    return { outcome: 'authenticated', callback, verified };
  };

  const isRequired = isDigestRequired(digestPolicy);
  const hasNoResult = callback.result === null;
  if (callback.type === 'TEST' && callback.digest === null) {
    const isAuthenticated = hasBasicAuth || !isRequired || verifyTestSignature(callback, digestPolicy, nowMs);
    return isAuthenticated ? authenticated(false, hasNoResult) : { outcome: 'unauthenticated_test' };
  }
  if (!isRequired) return authenticated(false, hasNoResult);
  if (callback.digest === null) return { outcome: 'rejected' };

  const digest = verifyDigest(callback, digestPolicy, nowMs, ({ setting }) => options.onSaltUsed?.(setting));
  return digest.outcome === 'valid' ? authenticated(true, digest.coversResult) : { outcome: 'rejected' };
}
