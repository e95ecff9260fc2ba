/**
 * The key by which a payment's events are ordered and deduplicated. Keys are stored: if they were made differently,
 * repeats of earlier callbacks would get a new payment.
 */
import { hash } from 'node:crypto';

/** A callback's reference to its payment. */
export interface PaymentReference {
  readonly paymentId: string | null;
  /** The account that the callback is about instead of a payment, or null. */
  readonly accountId: string | null;
  readonly testParams: readonly string[];
}

/**
 * Returns the paymentId. A TEST and a callback about an account have none, and get a key that begins with a control
 * character, which no paymentId contains.
 */
export function paymentKeyOf({ paymentId, accountId, testParams }: PaymentReference): string {
  if (paymentId !== null) return paymentId;
  return accountId === null ? testPaymentKeyOf(testParams) : `\u0001ACCOUNT:${hash('sha256', accountId, 'hex')}`;
}

/** Returns the key of an application of the Merchant API, which is about no payment yet. The id is in lower case. */
export function applicationKeyOf(applicationId: string): string {
  return `\u0001APPLICATION:${applicationId}`;
}

/** Returns the key of a test callback of the Merchant API: of what its URL and body say. */
export function mapiTestKeyOf(material: string): string {
  return `\u0001MAPI-TEST:${hash('sha256', material, 'hex')}`;
}

/** Returns the key of a TEST with these five values. */
export function testPaymentKeyOf(values: readonly string[]): string {
  return `\u0001TEST:${hash('sha256', JSON.stringify(values), 'hex')}`;
}
