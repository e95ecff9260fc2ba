/**
 * The key by which a payment's events are ordered and deduplicated. Keys are stored: if they were made differently,
 * repeats of earlier callbacks would get a new payment.
 */
import { hash } from 'node:crypto';

/** A callback's reference to its payment. */
export interface PaymentReference {
  readonly paymentId: string | null;
  readonly testParams: readonly string[];
}

/**
 * Returns the paymentId. TEST has none and gets a key that begins with a control character, which no paymentId
 * contains.
 */
export function paymentKeyOf(callback: PaymentReference): string {
  return callback.paymentId ?? testPaymentKeyOf(callback.testParams);
}

/** Returns the key of a TEST with these five values. */
export function testPaymentKeyOf(values: readonly string[]): string {
  return `\u0001TEST:${hash('sha256', JSON.stringify(values), 'hex')}`;
}
