/**
 * What the demo's Resurs does: three payments of eCom, of which one loses a callback, one of the Merchant API, and what
 * strangers send.
 */
import { bookedBody, plannedCallback } from '../src/simulator/callbacks.ts';
import { EXPECTED } from '../src/simulator/expected.ts';
import type { IsLost } from '../src/simulator/lost.ts';
import { authorization, management } from '../src/simulator/mapi/callbacks.ts';
import { uuidFrom } from '../src/simulator/mapi/ids.ts';
import type { MapiSequence } from '../src/simulator/mapi/run.ts';
import { paymentOf } from '../src/simulator/mapi/scenario.ts';
import { buildScenario, type CallbackSequence } from '../src/simulator/scenario.ts';
import {
  FIRST_KEPT_PAYMENT_ID,
  FIRST_PAYMENT_ID,
  FORGED_ORDER,
  LOST_PAYMENT_ID,
  MAPI_ORDER,
  NOT_OURS_PAYMENT_ID,
  REFUSED_PAYMENT_IDS,
  UNANSWERED_PAYMENT_ID,
} from './settings.ts';

/** What the demo's payment of the Merchant API is captured for, of 300.00. */
export const CAPTURED_AMOUNT = '100.00';

/** The callbacks of eCom. */
export function ecomScenario(): readonly CallbackSequence[] {
  const usual = buildScenario({
    payments: 2,
    firstPaymentId: FIRST_PAYMENT_ID,
    notOursPaymentId: NOT_OURS_PAYMENT_ID,
    notOursResponse: EXPECTED.notOurs,
    signed: true,
    nowMs: Date.now(),
    only: null,
  });
  return [
    ...usual,
    [
      plannedCallback('BOOKED', LOST_PAYMENT_ID, { label: 'no lines', body: bookedBody(0) }),
      plannedCallback('AUTOMATIC_FRAUD_CONTROL', LOST_PAYMENT_ID, { label: 'FROZEN', result: 'FROZEN' }),
      plannedCallback('UNFREEZE', LOST_PAYMENT_ID, { label: 'never comes' }),
    ],
  ];
}

/** What gets stuck when the demo is kept, among what does not. */
export function keptScenario(): readonly CallbackSequence[] {
  const usual = buildScenario({
    payments: 4,
    firstPaymentId: FIRST_KEPT_PAYMENT_ID,
    notOursPaymentId: NOT_OURS_PAYMENT_ID,
    notOursResponse: EXPECTED.notOurs,
    signed: true,
    nowMs: Date.now(),
    only: null,
  });
  const stuck = [...REFUSED_PAYMENT_IDS, UNANSWERED_PAYMENT_ID].map((paymentId) => [
    plannedCallback('BOOKED', paymentId, { body: bookedBody(0) }),
    plannedCallback('UNFREEZE', paymentId, {}),
  ]);
  return [...usual, ...stuck];
}

/** The callback that never comes, though what it reports has happened. */
export const isLost: IsLost = ({ type, paymentId }) => type === 'UNFREEZE' && paymentId === LOST_PAYMENT_ID;

/** The callbacks of the Merchant API: a payment that is frozen, authorised and captured in part, and a wrong token. */
export function mapiScenario(): readonly MapiSequence[] {
  const payment = paymentOf(MAPI_ORDER);
  const now = Date.now();
  const at = (step: number) => new Date(now + step).toISOString();
  const captured = { action: 'CAPTURE', actionId: uuidFrom('capture', MAPI_ORDER), created: at(2) };
  const part = { units: BigInt(CAPTURED_AMOUNT.replace('.', '')), scale: 2 };
  return [
    [
      authorization(payment, { status: 'FROZEN', created: at(0) }),
      authorization(
        payment,
        { status: 'AUTHORIZED', created: at(1) },
        { label: 'response lost', fault: 'answer_lost' },
      ),
      management(payment, captured, { label: 'a part of the order', amount: part }),
    ],
    [
      authorization(
        paymentOf(FORGED_ORDER),
        { status: 'AUTHORIZED', created: at(0) },
        { label: 'wrong token', fault: 'wrong_token', expected: EXPECTED.unauthorized },
      ),
    ],
  ];
}
