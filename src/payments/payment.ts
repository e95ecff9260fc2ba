/**
 * What Resurs holds of a payment, in the one shape that everything outside gets, whichever interface of Resurs was
 * asked. Nothing in it is about the customer.
 */

/**
 * `pending`: the customer has not finished. `authorized`: it may be shipped. `partially_captured`: the rest may be shipped.
 * Nothing follows `refunded`, `annulled` and `rejected`. `unknown`: what Resurs says fits none of them.
 */
export const PAYMENT_STATES = [
  'pending',
  'inspection',
  'frozen',
  'authorized',
  'partially_captured',
  'captured',
  'partially_refunded',
  'refunded',
  'annulled',
  'rejected',
  'unknown',
] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

/** Decimals without rounding, with at least two digits behind the point, in the currency of the payment. */
export interface Amounts {
  /** What the order ever came to; refunds and annulments leave it as it is. */
  readonly total: string;
  /** What may still be captured. */
  readonly authorized: string;
  /** The sum of what was captured, and so on. */
  readonly captured: string;
  readonly refunded: string;
  readonly annulled: string;
}

export interface Payment {
  readonly readAt: Date;
  readonly state: PaymentState;
  readonly frozen: boolean;
  /** The shop's reference of the order; null where Resurs names none. */
  readonly orderReference: string | null;
  /** In Resurs' own words. */
  readonly statuses: readonly string[];
  /** Null where Resurs names none, as for a payment of the Merchant API that has no order yet. */
  readonly amounts: Amounts | null;
  /** Null unless it was rejected for a reason that Resurs tells. */
  readonly rejectedReason: string | null;
}
