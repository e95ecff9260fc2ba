/**
 * A scenario of the Merchant API: callbacks of some payments from start to end, and the responses that the receiver must
 * give. Pure data made from a few numbers; run.ts sends it. The lives repeat after the fifth payment.
 */
import type { Decimal } from '../../lib/decimal.ts';
import { isUuid } from '../../protocol/mapi/body.ts';
import { EXPECTED, type ExpectedResponse } from '../expected.ts';
import { paymentIdAfter } from '../scenario.ts';
import {
  application,
  authorization,
  type MapiPaymentName,
  management,
  mapiTest,
  type PlannedMapiCallback,
} from './callbacks.ts';
import { uuidFrom } from './ids.ts';
import type { MapiSequence } from './run.ts';

/** What proves a callback to the receiver: the token of its URL, the Merchant API, or nothing. */
export type MapiProof = 'token' | 'api' | 'nothing';

export interface MapiScenarioOptions {
  readonly payments: number;
  /** The order reference of the first payment. */
  readonly firstReference: string;
  readonly notOursReference: string;
  readonly notOursResponse: ExpectedResponse;
  /** For a payment that Resurs has never heard of. */
  readonly unheardOfResponse: ExpectedResponse;
  readonly proof: MapiProof;
  readonly nowMs: number;
  /** Only these types; null for all. */
  readonly only: readonly PlannedMapiCallback['type'][] | null;
}

/** The number of different lives. */
export const MAPI_LIVES = 5;

/** Builds the whole scenario; one application and some strangers follow the payments. */
export function buildMapiScenario(options: MapiScenarioOptions): readonly MapiSequence[] {
  const { payments, firstReference, nowMs } = options;
  const lives = Array.from({ length: payments }, (_, index) => {
    const orderReference = paymentIdAfter(firstReference, index);
    return lifeNumber(index % MAPI_LIVES, paymentOf(orderReference), nowMs);
  });
  const sequences = [...lives, applicationLife(options), [mapiTest('test')], ...strangers(options)];
  return sequences
    .map((sequence) => sequence.filter(({ type }) => options.only?.includes(type) ?? true))
    .filter((sequence) => sequence.length > 0);
}

/** Returns the payment of an order; the same order always has the same one. A reference that is a UUID is its id, too. */
export function paymentOf(orderReference: string): { paymentId: string; orderReference: string } {
  const paymentId = isUuid(orderReference) ? orderReference.toLowerCase() : uuidFrom('payment', orderReference);
  return { paymentId, orderReference };
}

const PART: Decimal = { units: 100n, scale: 0 };

function lifeNumber(number: number, payment: MapiPaymentName, nowMs: number): MapiSequence {
  const { decided, acted } = callbacksOf(payment, nowMs);
  switch (number) {
    case 0:
      return [
        { ...decided('AUTHORIZED'), label: 'AUTHORIZED; response lost', fault: 'answer_lost' },
        { ...decided('AUTHORIZED'), label: 'AUTHORIZED, repeated' },
        { ...acted('CAPTURE', 1, PART), label: 'CAPTURE of a part' },
        { ...acted('CAPTURE', 2), label: 'CAPTURE of the rest' },
        { ...acted('REFUND', 3, PART), label: 'REFUND of a part' },
      ];
    case 1:
      return [decided('FROZEN'), decided('AUTHORIZED', 1), acted('MODIFY_ORDER', 2)];
    case 2:
      return [decided('AUTHORIZED'), acted('CANCEL', 1)];
    case 3:
      return [decided('REJECTED')];
    default:
      return [decided('INSPECTION'), decided('CREDIT_APPROVED', 1), decided('CAPTURED', 2)];
  }
}

/** Makes the callbacks of a payment; `step` is their place in its life. */
function callbacksOf(payment: MapiPaymentName, nowMs: number) {
  return {
    decided: (status: string, step = 0) => authorization(payment, { status, created: timeOf(nowMs, step) }),
    acted(action: string, step: number, amount: Decimal | null = null) {
      const actionId = uuidFrom(action, payment.paymentId, timeOf(nowMs, step));
      return management(payment, { action, actionId, created: timeOf(nowMs, step) }, { amount });
    },
  };
}

/** Nothing but the token proves an application. */
function applicationLife({ firstReference, nowMs, proof }: MapiScenarioOptions): MapiSequence {
  const name = { applicationId: uuidFrom('application', firstReference), orderReference: null };
  const expected = proof === 'token' ? EXPECTED.stored : EXPECTED.unauthorized;
  return ['INSPECTION', 'ACCEPTED'].map((status, step) => {
    const label = `${status} of ${name.applicationId}`;
    return application(name, { status, created: timeOf(nowMs, step) }, { label, expected });
  });
}

/** Callbacks that Resurs does not send, and the order of another shop. */
function strangers(options: MapiScenarioOptions): readonly MapiSequence[] {
  const { payments, firstReference, notOursReference, nowMs, proof } = options;
  const strange = (steps: number, rest: Parameters<typeof authorization>[2]) =>
    authorization(
      paymentOf(paymentIdAfter(firstReference, payments + steps)),
      { status: 'AUTHORIZED', created: timeOf(nowMs, 0) },
      rest,
    );
  const forged = { label: 'wrong token', fault: 'wrong_token', expected: EXPECTED.unauthorized } as const;
  const unknown = { label: 'unknown to Resurs', fault: 'unheard_of', expected: options.unheardOfResponse } as const;
  const malformed = strange(1, { label: 'no status', fault: 'malformed', expected: EXPECTED.malformed });
  const notOurs = authorization(
    paymentOf(notOursReference),
    { status: 'AUTHORIZED', created: timeOf(nowMs, 0) },
    { label: "another shop's order", expected: options.notOursResponse },
  );
  return [
    proof === 'token' ? [strange(0, forged)] : [],
    [{ ...malformed, body: JSON.stringify({ paymentId: malformed.paymentId, created: malformed.created }) }],
    proof === 'api' ? [strange(2, unknown)] : [],
    [notOurs],
  ];
}

/** With nine digits of fraction, as the Merchant API has. */
function timeOf(nowMs: number, step: number): string {
  return new Date(nowMs + step).toISOString().replace('Z', '123456Z');
}
