/**
 * Lives of a payment, as an endpoint of a shop meets them: the callbacks in the order in which they arrive.
 * sample-events.ts makes the events of them. Pure data; a life may be played in any other order too.
 */
import type { Found } from '../events/missed.ts';
import type { Fact } from '../events/order-state.ts';
import { fact, type LifeCallback } from './life-callback.ts';
import { MAPI_FACTS } from './mapi/sample-facts.ts';
import { BOOKED_WITH_FEE, changeBody, type SampleMoment } from './sample-bodies.ts';

export const LIFE_NAMES = [
  'booked-never-frozen',
  'frozen-unfrozen',
  'frozen-annulled',
  'frozen-again',
  'late-frozen',
  'late-unfrozen',
  'paid-late-unfrozen',
  'partial-debit-credit',
  'twice',
  'unknown-type',
  'missed-annulment',
  'mapi-authorized',
  'mapi-frozen-authorized',
  'mapi-late-frozen',
  'mapi-frozen-rejected',
  'mapi-captured-refunded',
  'mapi-cancelled',
  'mapi-application',
  'test',
] as const;
export type LifeName = (typeof LIFE_NAMES)[number];

/** The facts that lives consist of. The type of each is the one of the receiver. */
export const FACTS = {
  booked: fact('booked', 'BOOKED', { body: BOOKED_WITH_FEE }),
  frozen: fact('frozen', 'AUTOMATIC_FRAUD_CONTROL', { result: 'FROZEN' }),
  frozenAgain: fact('frozen again', 'AUTOMATIC_FRAUD_CONTROL', { result: 'FROZEN' }),
  thawed: fact('thawed', 'AUTOMATIC_FRAUD_CONTROL', { result: 'THAWED' }),
  unfrozen: fact('unfrozen', 'UNFREEZE'),
  unfrozenAgain: fact('unfrozen again', 'UNFREEZE'),
  finalized: fact('finalized', 'FINALIZATION'),
  annulled: fact('annulled', 'ANNULMENT'),
  debit: fact('debit', 'UPDATE', { body: changeBody({ kind: 'DEBIT', total: 400 }) }),
  secondDebit: fact('second debit', 'UPDATE', { body: changeBody({ kind: 'DEBIT', total: 600, part: 2 }) }),
  credit: fact('credit', 'UPDATE', { body: changeBody({ kind: 'CREDIT', total: 250 }) }),
  secondCredit: fact('second credit', 'UPDATE', { body: changeBody({ kind: 'CREDIT', total: 750, part: 2 }) }),
  annul: fact('annul', 'UPDATE', { body: changeBody({ kind: 'ANNUL', total: 250 }) }),
  authorize: fact('authorize', 'UPDATE', { body: changeBody({ kind: 'AUTHORIZE', total: 250 }) }),
  /** Resurs' test suite names this type, its documentation does not. */
  unknown: fact('unknown type', 'FRAUD'),
  later: fact('type of a later version', 'DISPUTE', { laterType: 'payment.disputed' }),
  /** Resurs was asked, since no ANNULMENT came. */
  missedAnnulment: fact('missed annulment', 'RECONCILIATION', { found: foundAnnulled(['annulled']) }),
  /** Nothing at all came of the payment. */
  missedPayment: fact('missed payment', 'RECONCILIATION', { found: foundAnnulled(['booked', 'annulled']) }),
  passwordExpiring: fact('password expiring', 'PASSWORD_EXPIRATION', { parameters: { identifier: 'resurs-account' } }),
  test: fact('test', 'TEST', { parameters: { param1: 'sample', param2: 'b', param3: 'c', param4: 'd', param5: 'e' } }),
  ...MAPI_FACTS,
} as const satisfies Record<string, LifeCallback>;

const { booked, frozen, unfrozen, mapiAuthorized, mapiFrozen } = FACTS;

const LIVES: Readonly<Record<LifeName, readonly LifeCallback[]>> = {
  'booked-never-frozen': [booked],
  'frozen-unfrozen': [booked, frozen, unfrozen],
  'frozen-annulled': [booked, frozen, FACTS.annulled],
  'frozen-again': [booked, frozen, unfrozen, FACTS.frozenAgain, FACTS.unfrozenAgain],
  // Resurs repeats a callback for 36 hours, so the older fact may be the last to arrive.
  'late-frozen': [booked, unfrozen, frozen],
  'late-unfrozen': [booked, FACTS.annulled, unfrozen],
  'paid-late-unfrozen': [booked, FACTS.finalized, unfrozen],
  'partial-debit-credit': [booked, unfrozen, FACTS.debit, FACTS.secondDebit, FACTS.credit, FACTS.secondCredit],
  // The answer to a request was lost, so it is sent again at once; and an operator replays an old event at the end.
  twice: [booked, booked, frozen, unfrozen, unfrozen, frozen],
  'unknown-type': [booked, FACTS.unknown, FACTS.later],
  'missed-annulment': [booked, frozen, FACTS.missedAnnulment],
  'mapi-authorized': [mapiAuthorized],
  'mapi-frozen-authorized': [mapiFrozen, mapiAuthorized],
  'mapi-late-frozen': [mapiAuthorized, mapiFrozen],
  'mapi-frozen-rejected': [mapiFrozen, FACTS.mapiRejected],
  'mapi-captured-refunded': [mapiAuthorized, FACTS.mapiCapture, FACTS.mapiSecondCapture, FACTS.mapiRefund],
  'mapi-cancelled': [mapiAuthorized, FACTS.mapiCancel],
  'mapi-application': [FACTS.applicationInspection, FACTS.applicationAccepted],
  test: [FACTS.test],
};

/** Returns the callbacks of a life in the order in which they arrive. */
export function lifeOf(name: LifeName): readonly LifeCallback[] {
  return LIVES[name];
}

function foundAnnulled(facts: readonly Fact[]): (moment: SampleMoment) => Found {
  const amounts = { total: '1000.00', authorized: '0.00', captured: '0.00', refunded: '0.00', annulled: '1000.00' };
  return ({ paymentId: orderReference, at: readAt }) => ({
    missed: { facts, actions: [] },
    payment: {
      readAt,
      state: 'annulled',
      frozen: false,
      orderReference,
      statuses: ['IS_ANNULLED'],
      amounts,
      rejectedReason: null,
    },
  });
}
