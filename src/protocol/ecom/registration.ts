/**
 * What Resurs holds for one event type: where it calls, how the digest is made, and with which Basic credentials. Both sides
 * speak of it: the clients that register, and the stand-in that keeps what was registered. It holds secrets: whoever prints
 * one shows the URL template and whether the rest is there, never more.
 */
import type { CallbackType } from './callback-types.ts';

/** User name and password of HTTP Basic authentication. */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** How Resurs makes the digest: the values of `parameters` in this order, the salt behind them. */
export interface DigestRule {
  readonly algorithm: 'sha1' | 'md5';
  /** Placeholders of the type, as `paymentId`. */
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

/** The value of an `Authorization` header, UTF-8 as RFC 7617 allows. */
export function basicHeader({ username, password }: BasicCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** The placeholders of a type beside `digest`, in the order in which they are signed. Source: docs/protocol.md. */
export function placeholdersFor(type: CallbackType): readonly string[] {
  if (type === 'TEST') return ['param1', 'param2', 'param3', 'param4', 'param5'];
  return type === 'AUTOMATIC_FRAUD_CONTROL' ? ['paymentId', 'result'] : ['paymentId'];
}
