/**
 * The key under which a payment's events are ordered and deduplicated. Keys are stored: a change of how they are made gives
 * repeats of earlier callbacks a new payment.
 */
import { hash } from 'node:crypto';

/** What a callback says of its payment. */
export interface PaymentReference {
  readonly paymentId: string | null;
  readonly testParams: readonly string[];
}

/** The paymentId; TEST has none and gets a key that begins with a control character, which no paymentId holds. */
export function paymentKeyOf(callback: PaymentReference): string {
  return callback.paymentId ?? testPaymentKeyOf(callback.testParams);
}

/** The key of a TEST with these five values. */
export function testPaymentKeyOf(values: readonly string[]): string {
  return `\u0001TEST:${hash('sha256', JSON.stringify(values), 'hex')}`;
}
