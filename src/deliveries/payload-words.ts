/**
 * The words of a payload, each with its meaning. More may be added: a shop ignores a word that it does not know. A word is
 * never removed and never changes its meaning without a major version.
 */
import type { Fact, OrderState } from '../events/order-state.ts';
import type { PaymentState } from '../payments/payment.ts';

/** Words with their meanings, in the order in which they are shown. */
export type Words = Readonly<Record<string, string>>;

export const EVENT_TYPES = {
  'payment.booked':
    'BOOKED: the payment exists at Resurs. It may be frozen; the event says neither that it may be shipped nor that it is paid.',
  'payment.frozen':
    'AUTOMATIC_FRAUD_CONTROL with the result FROZEN: people at Resurs check the payment, perhaps for days.',
  'payment.thawed': 'AUTOMATIC_FRAUD_CONTROL with the result THAWED: the automatic fraud control found nothing.',
  'payment.unfrozen':
    'UNFREEZE: people at Resurs checked a frozen payment and approved it. A payment that is not frozen gets none.',
  'payment.finalized': 'FINALIZATION: Resurs debited the payment by itself. A debit by the shop is an UPDATE.',
  'payment.annulled': 'ANNULMENT: the whole payment was annulled. A partial annulment is an UPDATE.',
  'payment.updated':
    'UPDATE, or MANAGEMENT with MODIFY_ORDER: the payment changed. `data.change` says how, where Resurs said it.',
  'payment.authorized':
    'AUTHORIZATION with AUTHORIZED: Resurs approved the payment. After a FROZEN it means that the freeze is over.',
  'payment.captured':
    'AUTHORIZATION with CAPTURED, or MANAGEMENT with CAPTURE: an amount was captured. It may be a part of the order.',
  'payment.refunded': 'MANAGEMENT with REFUND: an amount was paid back. It may be a part of the order.',
  'payment.rejected': 'AUTHORIZATION with REJECTED: Resurs does not approve the payment.',
  'payment.inspection': 'AUTHORIZATION with INSPECTION: people at Resurs check the payment before they decide.',
  'payment.credit_approved': 'AUTHORIZATION with CREDIT_APPROVED: the credit is approved; the payment is not finished.',
  'payment.reconciled':
    'RECONCILIATION: something happened to the payment of which no callback came; Resurs was asked. `data.missed` says what, `data.payment` what Resurs holds now.',
  'payment.other':
    'Any other callback type, a fraud control with another result, or a status or action of the Merchant API that is new.',
  'application.inspection': 'CREDIT_APPLICATION with INSPECTION: people at Resurs check the application.',
  'application.credit_approved': 'CREDIT_APPLICATION with CREDIT_APPROVED: the credit is approved.',
  'application.accepted': 'CREDIT_APPLICATION with ACCEPTED: the application is accepted.',
  'application.rejected': 'CREDIT_APPLICATION with REJECTED: the application is rejected.',
  'application.other': 'CREDIT_APPLICATION with another status.',
  'callback.test': 'TEST: sent on request, by the operator or by `doctor`. It is about no order.',
  'account.password_expiring': 'PASSWORD_EXPIRATION: the password of the account at Resurs expires soon.',
} as const satisfies Words;
export type EventType = keyof typeof EVENT_TYPES;

export const STATE_MEANINGS: Readonly<Record<OrderState | 'refunded', string>> = {
  on_hold: 'Do not ship: Resurs has not approved the payment, or checks it.',
  may_ship: 'Resurs approved the payment, and it is not debited in full: ship, if `certain` is true.',
  paid: 'The payment is debited, by Resurs or by the shop: ship, if that has not been done.',
  cancelled: 'All of it was annulled: do not ship.',
  refunded:
    'All that was debited is credited. Only what Resurs holds of the payment says it: `data.payment`, or `GET /payments/{id}/now`.',
};

export const FACT_MEANINGS: Readonly<Record<Fact, string>> = {
  booked: 'A `payment.booked` was stored.',
  frozen: 'A `payment.frozen` was stored.',
  thawed: 'A `payment.thawed` was stored.',
  unfrozen: 'A `payment.unfrozen` was stored.',
  finalized: 'A `payment.finalized` was stored.',
  annulled: 'A `payment.annulled` was stored.',
  authorized: 'A `payment.authorized` was stored.',
  captured: 'A `payment.captured` was stored.',
  refunded: 'A `payment.refunded` was stored.',
  rejected: 'A `payment.rejected` was stored.',
  updated: 'A `payment.updated` was stored.',
};

/** What an event of reconciliation may report. Resurs does not tell when it happened. */
export const MISSED_MEANINGS: Words = {
  booked: 'The payment exists, and no event of it was stored.',
  frozen: 'Resurs checks the payment: do not ship.',
  unfrozen: 'The payment was frozen, and is no more.',
  authorized: 'Resurs approved the payment.',
  rejected: 'Resurs did not approve the payment.',
  finalized: 'The payment, or a part of it, was debited.',
  captured: 'An amount was captured. It may be a part of the order.',
  updated: 'The order was changed.',
  refunded: 'An amount was paid back. It may be a part of the order.',
  annulled: 'An amount was given up. It may be a part of the order: `data.payment` tells.',
};

export const CHANGE_KINDS: Words = {
  authorize: 'AUTHORIZE: an amount was reserved, at the booking or by an additional debit.',
  debit: 'DEBIT: an amount was debited; when the shop does it, as a rule when it ships.',
  credit: 'CREDIT: an amount that was debited was paid back.',
  annul: 'ANNUL: a reserved amount was given up.',
  capture: 'CAPTURE, of the Merchant API: an amount was captured.',
  refund: 'REFUND, of the Merchant API: an amount was paid back.',
  cancel: 'CANCEL, of the Merchant API: what was still authorised, or a part of it, was given up.',
  modify_order: 'MODIFY_ORDER, of the Merchant API: the order was changed.',
};

export const PROVIDERS: Words = {
  'resurs-ecom': 'The eCom API: simplified flow, hosted flow and Resurs Checkout.',
  'resurs-mapi': 'The Merchant API 2.0.',
};

export const ENVIRONMENTS: Words = {
  test: "Resurs' test environment: no real money.",
  production: 'Real orders and real money.',
};

export const PAYMENT_STATE_MEANINGS: Readonly<Record<PaymentState, string>> = {
  pending: 'The customer has not finished.',
  inspection: 'People at Resurs check it before they decide: do not ship.',
  frozen: 'Resurs checks it: do not ship.',
  authorized: 'It may be shipped.',
  partially_captured: 'A part is captured; the rest may be shipped.',
  captured: 'All of it is captured.',
  partially_refunded: 'All of it was captured, and a part is paid back.',
  refunded: 'All that was captured is paid back.',
  annulled: 'All of it was given up before it was captured.',
  rejected: 'Resurs did not approve it.',
  unknown: 'What Resurs says fits none of the others: look at `statuses`.',
};
