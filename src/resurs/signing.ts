/**
 * How a simulated registration proves its callbacks: the digest over the registered parameters, with the salt that was
 * registered for the type. A derived salt comes before a fixed one, because `register` derives whenever there is a key.
 * Salts and keys stay in here and in the request; nothing prints them.
 */
import { computeDigest, deriveSalt } from '../callbacks/digest.ts';
import type { PlannedCallback, SimulatedType } from './story.ts';

/** What Resurs was told at registration. */
export interface Signing {
  readonly algorithm: 'sha1' | 'md5';
  /** The master key, or null when salts are fixed. */
  readonly key: string | null;
  /** The fixed salt of types that have none of their own. */
  readonly salt: string | null;
  readonly salts: Partial<Readonly<Record<SimulatedType, string>>>;
  /** `t` of the URLs: unix seconds, as text. */
  readonly registeredAt: string;
}

/** True when at least one type carries a digest. */
export function isSigned({ key, salt, salts }: Signing): boolean {
  return key !== null || salt !== null || Object.keys(salts).length > 0;
}

/** The salt registered for a type; null when its URL carries no digest. */
export function saltOf(signing: Signing, type: SimulatedType): string | null {
  if (signing.key !== null) return deriveSalt(signing.key, type, signing.registeredAt);
  return signing.salts[type] ?? signing.salt;
}

/** The digest of a callback, or null when its type carries none. A wrong one differs in its first digit only. */
export function digestOf(callback: PlannedCallback, signing: Signing): string | null {
  const salt = saltOf(signing, callback.type);
  if (salt === null) return null;

  const digest = computeDigest(signing.algorithm, digestText(callback), salt);
  return callback.fault === 'wrong_digest' ? otherFirstDigit(digest) : digest;
}

/** The values of the registered digest parameters, in order. Source: docs/protocol.md, Digest. */
function digestText({ paymentId, result, values }: PlannedCallback): string {
  return [paymentId, result, ...values].filter((value) => value !== null).join('');
}

function otherFirstDigit(digest: string): string {
  return (digest.startsWith('0') ? '1' : '0') + digest.slice(1);
}
