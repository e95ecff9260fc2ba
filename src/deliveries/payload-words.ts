/**
 * The words of a payload, each with its meaning. More may be added: a shop ignores a word that it does not know. A word is
 * never removed and never changes its meaning without a major version.
 */
import type { Fact, OrderState } from '../events/order-state.ts';

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
  'payment.updated': 'UPDATE: the payment changed. `data.change` says how, where Resurs said it.',
  'payment.other': 'Any other callback type, or a fraud control with another result.',
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
    'All that was debited is credited. Only the answer of `GET /payments/{id}/now` says it; a later version may send it with an event.',
};

export const FACT_MEANINGS: Readonly<Record<Fact, string>> = {
  booked: 'A `payment.booked` was stored.',
  frozen: 'A `payment.frozen` was stored.',
  thawed: 'A `payment.thawed` was stored.',
  unfrozen: 'A `payment.unfrozen` was stored.',
  finalized: 'A `payment.finalized` was stored.',
  annulled: 'A `payment.annulled` was stored.',
  updated: 'A `payment.updated` was stored.',
};

export const CHANGE_KINDS: Words = {
  authorize: 'AUTHORIZE: an amount was reserved, at the booking or by an additional debit.',
  debit: 'DEBIT: an amount was debited; when the shop does it, as a rule when it ships.',
  credit: 'CREDIT: an amount that was debited was paid back.',
  annul: 'ANNUL: a reserved amount was given up.',
};

export const PROVIDERS: Words = {
  'resurs-ecom': 'The eCom API: simplified flow, hosted flow and Resurs Checkout.',
};

export const ENVIRONMENTS: Words = {
  test: "Resurs' test environment: no real money.",
  production: 'Real orders and real money.',
};
