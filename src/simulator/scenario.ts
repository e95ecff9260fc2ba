/**
 * A scenario: the callbacks of some payments from start to end, in order, and the responses that the receiver must
 * give. Pure data made from a few numbers; run-scenario.ts sends it. Callbacks of one sequence are sent one after the
 * other, sequences in parallel.
 */
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { bookedBody, type PlannedCallback, plannedCallback, testCallback, updateBody } from './callbacks.ts';
import { EXPECTED, type ExpectedResponse } from './expected.ts';

export type CallbackSequence = readonly PlannedCallback[];

export interface ScenarioOptions {
  readonly payments: number;
  readonly firstPaymentId: string;
  readonly notOursPaymentId: string;
  readonly notOursResponse: ExpectedResponse;
  /** False when nothing is signed: then no digest can be wrong. */
  readonly signed: boolean;
  readonly nowMs: number;
  /** Only these types; null for all. */
  readonly only: readonly CallbackType[] | null;
}

/**
 * Builds the whole scenario: even payments are captured, odd ones annulled, and three callbacks belong to none of them.
 */
export function buildScenario(options: ScenarioOptions): readonly CallbackSequence[] {
  const lifecycles = Array.from({ length: options.payments }, (_, index) => {
    const paymentId = paymentIdAfter(options.firstPaymentId, index);
    return index % 2 === 0 ? capturedLifecycle(paymentId, options.nowMs) : annulledLifecycle(paymentId, options.nowMs);
  });
  const sequences = [
    ...lifecycles,
    [requestedTest(options.firstPaymentId)],
    wrongDigest(options),
    [notOursOrder(options)],
  ];

  return sequences
    .map((sequence) => sequence.filter(({ type }) => options.only?.includes(type) ?? true))
    .filter(notEmpty);
}

/**
 * Returns the paymentId `steps` after `first`. Its trailing digits are incremented and keep their width; without digits
 * a number is appended.
 */
export function paymentIdAfter(first: string, steps: number): string {
  const digits = /[0-9]+$/.exec(first)?.[0];
  if (digits === undefined) return steps === 0 ? first : `${first}-${steps}`;

  const next = (BigInt(digits) + BigInt(steps)).toString().padStart(digits.length, '0');
  return first.slice(0, first.length - digits.length) + next;
}

function capturedLifecycle(paymentId: string, nowMs: number): CallbackSequence {
  return [
    plannedCallback('BOOKED', paymentId, {
      label: 'one fee line; response lost',
      body: bookedBody(1),
      fault: 'answer_lost',
    }),
    plannedCallback('AUTOMATIC_FRAUD_CONTROL', paymentId, { label: 'FROZEN', result: 'FROZEN' }),
    plannedCallback('UNFREEZE', paymentId, { label: 'approved manually' }),
    plannedCallback('UNFREEZE', paymentId, { label: 'repeated' }),
    plannedCallback('UPDATE', paymentId, { label: 'paymentDiff DEBIT', body: updateBody('DEBIT', paymentId, nowMs) }),
    plannedCallback('FINALIZATION', paymentId, { label: 'debited by Resurs' }),
  ];
}

function annulledLifecycle(paymentId: string, nowMs: number): CallbackSequence {
  return [
    plannedCallback('BOOKED', paymentId, { label: 'no lines', body: bookedBody(0) }),
    plannedCallback('AUTOMATIC_FRAUD_CONTROL', paymentId, { label: 'THAWED', result: 'THAWED' }),
    plannedCallback('UPDATE', paymentId, { label: 'paymentDiff ANNUL', body: updateBody('ANNUL', paymentId, nowMs) }),
    plannedCallback('ANNULMENT', paymentId, { label: 'annulled in full' }),
  ];
}

function requestedTest(name: string): PlannedCallback {
  return testCallback('requested by the merchant', ['simulated', name, 'c', 'd', 'e'], `TEST ${name}`);
}

/** A fact that no other callback of the scenario reports, so that nothing of it may be stored afterwards. */
function wrongDigest({ signed, payments, firstPaymentId }: ScenarioOptions): CallbackSequence {
  const paymentId = paymentIdAfter(firstPaymentId, payments);
  const forged = { label: 'wrong digest', fault: 'wrong_digest', expected: EXPECTED.wrongDigest } as const;

  return signed ? [plannedCallback('UNFREEZE', paymentId, forged)] : [];
}

function notOursOrder({ notOursPaymentId, notOursResponse }: ScenarioOptions): PlannedCallback {
  return plannedCallback('BOOKED', notOursPaymentId, {
    label: "another shop's order",
    body: bookedBody(0),
    expected: notOursResponse,
  });
}

function notEmpty(sequence: CallbackSequence): boolean {
  return sequence.length > 0;
}
