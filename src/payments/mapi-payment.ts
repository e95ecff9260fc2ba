/**
 * Derives state and amounts of a payment from what the Merchant API says of it. Pure. The state follows Resurs' own
 * library, where it tells the states apart (docs/protocol.md, Payments of the Merchant API): `authorizedAmount` is what
 * is still authorised, so nothing is left to be captured when it is zero and no capture is possible.
 */
import { type Decimal, formatDecimal, isPositive, subtract } from '../lib/decimal.ts';
import type { Amounts, Payment, PaymentState } from './payment.ts';

/** What the Merchant API says, without anything about the customer. */
export interface MapiPayment {
  /** In lower case. */
  readonly id: string;
  /** When it was created; null where that cannot be read. */
  readonly createdAt: Date | null;
  /** ACCEPTED, FROZEN, REJECTED and so on, or a word that was added since. */
  readonly status: string;
  /** Null where it has no order. */
  readonly order: MapiOrder | null;
  /** The category of a rejection; null where there is none. */
  readonly rejectedReason: string | null;
}

export interface MapiOrder {
  readonly orderReference: string | null;
  readonly totalOrderAmount: Decimal;
  readonly canceledAmount: Decimal;
  /** What is still authorised. */
  readonly authorizedAmount: Decimal;
  readonly capturedAmount: Decimal;
  readonly refundedAmount: Decimal;
  /** CAPTURE, PARTIAL_CAPTURE, REFUND and so on. */
  readonly possibleActions: readonly string[];
  /** What was done so far, the oldest first. */
  readonly actionLog: readonly MapiAction[];
}

/** An action; its id is the `actionId` of the MANAGEMENT callback. */
export interface MapiAction {
  readonly actionId: string | null;
  /** CREATE, MODIFY_ORDER, CAPTURE, REFUND, CANCEL, or a word that was added since. */
  readonly type: string;
  /** When it was done; null where that cannot be read. */
  readonly createdAt: Date | null;
}

/** Returns the payment as it was when it was read. */
export function paymentOfMapi(mapi: MapiPayment, readAt: Date): Payment {
  const { status, order, rejectedReason } = mapi;
  return {
    readAt,
    state: stateOf(mapi),
    frozen: status === 'FROZEN' || status === 'INSPECTION',
    orderReference: order?.orderReference ?? null,
    statuses: [status],
    amounts: order === null ? null : amountsOf(order),
    rejectedReason: status === 'REJECTED' ? rejectedReason : null,
  };
}

function stateOf({ status, order, rejectedReason }: MapiPayment): PaymentState {
  switch (status) {
    case 'TASK_REDIRECTION_REQUIRED':
    case 'SUPPLEMENTING_REQUIRED':
      return 'pending';
    case 'INSPECTION':
      return 'inspection';
    case 'FROZEN':
      return 'frozen';
    case 'REJECTED':
      return rejectedReason === 'CANCELED' ? 'annulled' : 'rejected';
    case 'ACCEPTED':
      return order === null ? 'unknown' : stateOfAccepted(order);
    default:
      return 'unknown';
  }
}

function stateOfAccepted(order: MapiOrder): PaymentState {
  const { authorizedAmount, capturedAmount, refundedAmount, canceledAmount, totalOrderAmount } = order;
  const hasCaptured = isPositive(capturedAmount);
  if (isPositive(authorizedAmount)) return hasCaptured ? 'partially_captured' : 'authorized';
  if (!hasCaptured) {
    return isPositive(canceledAmount) && areEqual(canceledAmount, totalOrderAmount) ? 'annulled' : 'unknown';
  }
  if (areEqual(capturedAmount, refundedAmount)) return 'refunded';
  const canCapture = ['CAPTURE', 'PARTIAL_CAPTURE'].some((action) => order.possibleActions.includes(action));
  if (canCapture) return 'partially_captured';
  return isPositive(refundedAmount) ? 'partially_refunded' : 'captured';
}

function areEqual(a: Decimal, b: Decimal): boolean {
  return subtract(a, b).units === 0n;
}

function amountsOf(order: MapiOrder): Amounts {
  return {
    total: formatDecimal(order.totalOrderAmount),
    authorized: formatDecimal(order.authorizedAmount),
    captured: formatDecimal(order.capturedAmount),
    refunded: formatDecimal(order.refundedAmount),
    annulled: formatDecimal(order.canceledAmount),
  };
}
