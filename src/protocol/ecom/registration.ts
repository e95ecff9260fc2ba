/**
 * The registration that Resurs keeps for one event type: the URL it calls, how it makes the digest, and its Basic
 * credentials. The clients that register and the simulator share this type. It contains secrets: print only the URL
 * template, redacted, and whether the other parts are set.
 */
import type { CallbackType } from './callback-types.ts';

/** User name and password of HTTP Basic authentication. */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** How Resurs makes the digest: the values of `parameters` in this order, followed by the salt. */
export interface DigestRule {
  readonly algorithm: 'sha1' | 'md5';
  /** Placeholders of the type, for example `paymentId`. */
  readonly parameters: readonly string[];
  readonly salt: string;
}

/** One registration. */
export interface Registration {
  /** The URL with its placeholders as literal text. */
  readonly uriTemplate: string;
  /** Null: the callback carries no digest. */
  readonly digest: DigestRule | null;
  /** Null: the callback carries no credentials. */
  readonly basic: BasicCredentials | null;
}

/** Returns the value of an `Authorization` header, in UTF-8 as RFC 7617 allows. */
export function basicHeader({ username, password }: BasicCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/**
 * Returns the placeholders of a type except `digest`, in the order in which they are signed. Source: docs/protocol.md.
 */
export function placeholdersFor(type: CallbackType): readonly string[] {
  if (type === 'TEST') return ['param1', 'param2', 'param3', 'param4', 'param5'];
  return type === 'AUTOMATIC_FRAUD_CONTROL' ? ['paymentId', 'result'] : ['paymentId'];
}
