/**
 * The snapshot of an event: what Resurs held of the payment when it was read for this event, or why it could not be
 * read. It is read once, kept with the event, and sent with every attempt. Pure.
 */
import type { Payment } from './payment.ts';

/** A payment as it is kept and sent. */
export type KeptPayment = Omit<Payment, 'readAt'> & { readonly readAt: string };

/** As it is kept, and sent in `data`. `paymentError` is there when `payment` is null, in one line. */
export type Snapshot = { readonly payment: KeptPayment } | { readonly payment: null; readonly paymentError: string };

/** Returns the snapshot of a payment that was read. Its members are always in the same order. */
export function snapshotOf(payment: Payment): Snapshot {
  const { readAt, state, frozen, orderReference, statuses, amounts, rejectedReason } = payment;
  return {
    payment: { readAt: readAt.toISOString(), state, frozen, orderReference, statuses, amounts, rejectedReason },
  };
}

/** Returns the snapshot of a payment that could not be read. `reason` is one line without anything about a customer. */
export function failedSnapshot(reason: string): Snapshot {
  return { payment: null, paymentError: reason };
}
