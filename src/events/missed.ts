/** What an event of reconciliation reports: facts of a payment of which no callback had come. */
import type { Payment } from '../payments/payment.ts';
import type { Fact } from './order-state.ts';

/** The public type of such an event, and what stands where others have the callback's type. */
export const RECONCILED_TYPE = 'payment.reconciled';
export const RECONCILED_CALLBACK = 'RECONCILIATION';

/** As it is stored with the event. */
export interface Missed {
  /** Each once, in the order in which they happen to a payment. */
  readonly facts: readonly Fact[];
  /** The actions of the Merchant API among them, by their `actionId`. */
  readonly actions: readonly string[];
}

/** What was missed, and the payment that shows it. */
export interface Found {
  readonly missed: Missed;
  readonly payment: Payment;
}
