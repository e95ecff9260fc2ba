/**
 * Derives state and amounts of a payment from what getPayment says of it. Pure. Resurs sends the statuses as a set and
 * the payment's history as a list of changes ("diffs"); the client has to compute the rest. The state follows Resurs'
 * own table; where its rows overlap, what is final comes first, then what is frozen (docs/protocol.md, Asking for a
 * payment).
 */
import { add, type Decimal, formatDecimal, isPositive, subtract, sum, ZERO } from '../lib/decimal.ts';
import type { Amounts, Payment, PaymentState } from './payment.ts';

/** A change of a payment; other types are read and mean nothing here. */
export interface PaymentChange {
  /** AUTHORIZE, DEBIT, CREDIT or ANNUL. */
  readonly type: string;
  readonly amount: Decimal;
}

/** What getPayment says, without anything about the customer. */
export interface EcomPayment {
  readonly id: string;
  /** What is left of the order: refunds and annulments lower it. */
  readonly totalAmount: Decimal;
  readonly frozen: boolean;
  /** DEBITABLE, CREDITABLE, IS_DEBITED, IS_CREDITED, IS_ANNULLED, or words that were added since. */
  readonly statuses: readonly string[];
  readonly changes: readonly PaymentChange[];
}

/** Returns the payment as it was when it was read. */
export function paymentOf(ecom: EcomPayment, readAt: Date): Payment & { readonly amounts: Amounts } {
  const figures = figuresOf(ecom);
  return {
    readAt,
    state: stateOf(ecom, figures),
    frozen: ecom.frozen,
    orderReference: ecom.id,
    statuses: [...new Set(ecom.statuses)],
    amounts: amountsOf(figures),
    rejectedReason: null,
  };
}

type Figures = Readonly<Record<keyof Amounts, Decimal>>;

/**
 * The total is what is left and what was taken back: so it is right even where the list has no AUTHORIZE, as in old
 * payments. A payment without any change has its whole amount in one place, by its statuses.
 */
function figuresOf({ totalAmount, changes, statuses }: EcomPayment): Figures {
  const sumOf = (type: string) => sum(changes.filter((change) => change.type === type).map(({ amount }) => amount));
  const refunded = sumOf('CREDIT');
  const annulled = sumOf('ANNUL');
  const total = add(totalAmount, add(refunded, annulled));
  const isDebitedWhole = statuses.includes('IS_DEBITED') && !statuses.includes('DEBITABLE');
  const captured = changes.length === 0 && isDebitedWhole ? total : sumOf('DEBIT');
  const open = subtract(subtract(total, captured), annulled);
  return { total, authorized: isPositive(open) ? open : ZERO, captured, refunded, annulled };
}

function stateOf({ frozen, totalAmount, statuses }: EcomPayment, { captured, refunded }: Figures): PaymentState {
  const has = (status: string) => statuses.includes(status);
  const isCredited = has('IS_CREDITED') || isPositive(refunded);
  const isDebited = has('IS_DEBITED') || isPositive(captured) || isCredited;
  const isNothingLeft = !isPositive(totalAmount);
  // Nothing follows these two, so a freeze that was never lifted no longer matters.
  if (isNothingLeft && isCredited) return 'refunded';
  if (isNothingLeft && has('IS_ANNULLED')) return 'annulled';
  if (frozen) return 'frozen';
  if (isNothingLeft) return 'unknown';
  if (has('DEBITABLE')) return isDebited ? 'partially_captured' : 'authorized';
  if (!isDebited) return 'unknown';
  return isCredited ? 'partially_refunded' : 'captured';
}

function amountsOf({ total, authorized, captured, refunded, annulled }: Figures): Amounts {
  return {
    total: formatDecimal(total),
    authorized: formatDecimal(authorized),
    captured: formatDecimal(captured),
    refunded: formatDecimal(refunded),
    annulled: formatDecimal(annulled),
  };
}
