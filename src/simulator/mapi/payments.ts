/**
 * The payments that the fake Merchant API holds. A payment begins with its first callback and follows the callbacks of
 * its life: what they report has happened at Resurs before the first of them is sent. What a stranger sends is none of
 * Resurs', and a repeat changes nothing. Amounts are invented where a callback has none.
 */
import { add, type Decimal, isPositive, subtract, sum } from '../../lib/decimal.ts';
import type { PlannedMapiCallback } from './callbacks.ts';
import { uuidFrom } from './ids.ts';

export type FakeActionType = 'CREATE' | 'MODIFY_ORDER' | 'CAPTURE' | 'REFUND' | 'CANCEL';

export interface FakeMapiAction {
  readonly actionId: string;
  readonly type: FakeActionType;
  readonly amount: Decimal;
  readonly created: string;
}

export interface FakeMapiPayment {
  readonly id: string;
  readonly orderReference: string | null;
  readonly created: string;
  /** ACCEPTED, FROZEN, REJECTED and so on. */
  readonly status: string;
  readonly rejectedReason: string | null;
  /** The oldest first. */
  readonly actions: readonly FakeMapiAction[];
}

export interface FakeMapiPayments {
  /** Does what a callback reports. */
  apply(callback: PlannedMapiCallback): void;
  /** Null for a payment of which nothing was reported. */
  find(paymentId: string): FakeMapiPayment | null;
  /** The payments of an order reference; those of all where it is null. */
  search(orderReference: string | null): readonly FakeMapiPayment[];
}

/** The amounts of a payment. */
export interface FakeMapiAmounts {
  readonly total: Decimal;
  /** What is still authorised. */
  readonly authorized: Decimal;
  readonly captured: Decimal;
  readonly refunded: Decimal;
  readonly canceled: Decimal;
}

const USUAL_TOTAL: Decimal = { units: 300n, scale: 0 };
const USUAL_ADDITION: Decimal = { units: 50n, scale: 0 };
const NOTHING: Decimal = { units: 0n, scale: 0 };

/** Creates it without payments. */
export function createFakeMapiPayments(): FakeMapiPayments {
  const payments = new Map<string, FakeMapiPayment>();
  const known = new Set<string>();
  return {
    apply(callback) {
      const { paymentId, fact } = callback;
      const isForged = callback.fault !== 'none' && callback.fault !== 'answer_lost';
      if (paymentId === null || isForged || known.has(fact)) return;
      known.add(fact);
      const payment = payments.get(paymentId) ?? beginPayment(paymentId, callback);
      payments.set(paymentId, after(payment, callback));
    },
    find: (paymentId) => payments.get(paymentId.toLowerCase()) ?? null,
    search: (reference) =>
      [...payments.values()].filter(({ orderReference }) => reference === null || orderReference === reference),
  };
}

/** Returns the amounts. Of a payment that was rejected nothing is authorised. */
export function amountsOf({ status, actions }: FakeMapiPayment): FakeMapiAmounts {
  const total = add(sumOf(actions, 'CREATE'), sumOf(actions, 'MODIFY_ORDER'));
  const [captured, refunded] = [sumOf(actions, 'CAPTURE'), sumOf(actions, 'REFUND')];
  const canceled = sumOf(actions, 'CANCEL');
  const authorized = status === 'REJECTED' ? NOTHING : subtract(total, add(captured, canceled));
  return { total, authorized, captured, refunded, canceled };
}

function beginPayment(id: string, { type, orderReference, amount, created }: PlannedMapiCallback): FakeMapiPayment {
  const total = type === 'AUTHORIZATION' ? (amount ?? USUAL_TOTAL) : USUAL_TOTAL;
  const create = { actionId: uuidFrom(id, 'CREATE'), type: 'CREATE', amount: total, created } as const;
  return { id, orderReference, created, status: 'ACCEPTED', rejectedReason: null, actions: [create] };
}

function after(payment: FakeMapiPayment, { type, result, actionId, amount, created }: PlannedMapiCallback) {
  if (type === 'AUTHORIZATION') return decided(payment, result ?? '', created);
  const action = ACTIONS.find((one) => one === result);
  if (action === undefined) return payment;
  return acted(payment, { actionId: actionId ?? uuidFrom(payment.id, action), type: action, amount, created });
}

const ACTIONS = ['MODIFY_ORDER', 'CAPTURE', 'REFUND', 'CANCEL'] as const;

/** What the status of the payment is after the status of a callback; other words leave it as it is. */
const STATUS_AFTER = new Map([
  ['AUTHORIZED', 'ACCEPTED'],
  ['CAPTURED', 'ACCEPTED'],
  ['FROZEN', 'FROZEN'],
  ['REJECTED', 'REJECTED'],
  ['INSPECTION', 'INSPECTION'],
  ['CREDIT_APPROVED', 'TASK_REDIRECTION_REQUIRED'],
]);

function decided(payment: FakeMapiPayment, word: string, created: string): FakeMapiPayment {
  const status = STATUS_AFTER.get(word) ?? payment.status;
  const rejectedReason = status === 'REJECTED' ? 'CREDIT_DENIED' : null;
  const changed = { ...payment, status, rejectedReason };
  if (word !== 'CAPTURED') return changed;
  return acted(changed, { actionId: uuidFrom(payment.id, word, created), type: 'CAPTURE', amount: null, created });
}

type Action = Omit<FakeMapiAction, 'amount'> & { readonly amount: Decimal | null };

function acted(payment: FakeMapiPayment, action: Action): FakeMapiPayment {
  const amount = action.amount ?? usualAmount(payment, action.type);
  if (!isPositive(amount)) return payment;
  return { ...payment, actions: [...payment.actions, { ...action, amount }] };
}

function usualAmount(payment: FakeMapiPayment, type: FakeActionType): Decimal {
  const { authorized, captured, refunded } = amountsOf(payment);
  if (type === 'MODIFY_ORDER') return USUAL_ADDITION;
  return type === 'REFUND' ? subtract(captured, refunded) : authorized;
}

function sumOf(actions: readonly FakeMapiAction[], type: FakeActionType): Decimal {
  return sum(actions.filter((action) => action.type === type).map(({ amount }) => amount));
}
