/**
 * The life of payments as Resurs tells it: which callbacks come, in which order, and what the receiver promises to answer.
 * Pure data made from a few numbers; sending it is the simulator's work. Callbacks of one track come one after the other,
 * tracks come side by side. The promises are written down here on purpose and not taken from the receiver's own table:
 * a judge that copies the accused finds no fault.
 */
import { bookedBody, updateBody } from './sample-bodies.ts';

/** The seven types that Resurs documents, in the order of a payment's life. Source: protocol 1.1. */
export const SIMULATED_TYPES = [
  'BOOKED',
  'AUTOMATIC_FRAUD_CONTROL',
  'UNFREEZE',
  'UPDATE',
  'FINALIZATION',
  'ANNULMENT',
  'TEST',
] as const;
export type SimulatedType = (typeof SIMULATED_TYPES)[number];

/** A status with its reason phrase, as docs/protocol.md promises them. */
export interface ExpectedResponse {
  readonly status: number;
  readonly reason: string;
}

/** The answers that a callback of a story may have been promised. */
export const EXPECTED = {
  kept: { status: 204, reason: 'OK' },
  test: { status: 204, reason: 'Test OK' },
  wrongDigest: { status: 406, reason: 'Digest rejected.' },
  notOurs: { status: 410, reason: 'Order is not ours.' },
  notOursButAccepted: { status: 202, reason: 'Order is not ours, but it is still accepted.' },
} as const satisfies Record<string, ExpectedResponse>;

/** One callback that Resurs has to bring home; a body makes it a POST. */
export interface PlannedCallback {
  readonly label: string;
  readonly type: SimulatedType;
  readonly paymentId: string | null;
  /** FROZEN or THAWED in a story; whoever triggers a callback may say anything, as at Resurs. */
  readonly result: string | null;
  /** The five values of a TEST; empty for all others. */
  readonly values: readonly string[];
  readonly body: string | null;
  /** `answer_lost`: the answer to the first POST never reaches Resurs, which then sends the GET. */
  readonly fault: 'none' | 'answer_lost' | 'wrong_digest';
  /** Callbacks with the same fact are one event for the receiver. */
  readonly fact: string;
  readonly expected: ExpectedResponse;
}

export type CallbackSequence = readonly PlannedCallback[];

export interface ScenarioOptions {
  readonly payments: number;
  readonly firstPaymentId: string;
  readonly foreignId: string;
  readonly foreignAnswer: ExpectedResponse;
  /** False when nothing is signed: then no digest can be wrong. */
  readonly signed: boolean;
  readonly nowMs: number;
  /** Only these types; null for all. */
  readonly only: readonly SimulatedType[] | null;
}

/** The whole story: the even payments live to be paid out, the odd ones are annulled, and three callbacks stand apart. */
export function buildScenario(options: ScenarioOptions): readonly CallbackSequence[] {
  const lives = Array.from({ length: options.payments }, (_, index) => {
    const paymentId = paymentIdAfter(options.firstPaymentId, index);
    return index % 2 === 0 ? capturedLifecycle(paymentId, options.nowMs) : annulledLifecycle(paymentId, options.nowMs);
  });
  const tracks = [...lives, [testOf(options.firstPaymentId)], wrongDigest(options), [notOursOrder(options)]];

  return tracks.map((track) => track.filter(({ type }) => options.only?.includes(type) ?? true)).filter(notEmpty);
}

/** The id `steps` after the given one: its last digits are counted on and keep their width; without digits a number is added. */
export function paymentIdAfter(first: string, steps: number): string {
  const digits = /[0-9]+$/.exec(first)?.[0];
  if (digits === undefined) return steps === 0 ? first : `${first}-${steps}`;

  const next = (BigInt(digits) + BigInt(steps)).toString().padStart(digits.length, '0');
  return first.slice(0, first.length - digits.length) + next;
}

function capturedLifecycle(paymentId: string, nowMs: number): CallbackSequence {
  return [
    plannedCallback('BOOKED', paymentId, {
      label: 'a fee line; answer lost',
      body: bookedBody(1),
      fault: 'answer_lost',
    }),
    plannedCallback('AUTOMATIC_FRAUD_CONTROL', paymentId, { label: 'FROZEN', result: 'FROZEN' }),
    plannedCallback('UNFREEZE', paymentId, { label: 'approved by hand' }),
    plannedCallback('UNFREEZE', paymentId, { label: 'the same again' }),
    plannedCallback('UPDATE', paymentId, { label: 'paymentDiff DEBIT', body: updateBody('DEBIT', paymentId, nowMs) }),
    plannedCallback('FINALIZATION', paymentId, { label: 'paid out' }),
  ];
}

function annulledLifecycle(paymentId: string, nowMs: number): CallbackSequence {
  return [
    plannedCallback('BOOKED', paymentId, { label: 'without lines', body: bookedBody(0) }),
    plannedCallback('AUTOMATIC_FRAUD_CONTROL', paymentId, { label: 'THAWED', result: 'THAWED' }),
    plannedCallback('UPDATE', paymentId, { label: 'paymentDiff ANNUL', body: updateBody('ANNUL', paymentId, nowMs) }),
    plannedCallback('ANNULMENT', paymentId, { label: 'annulled in full' }),
  ];
}

function testOf(name: string): PlannedCallback {
  return {
    ...plannedCallback('TEST', null, { label: 'asked for by the merchant', expected: EXPECTED.test }),
    values: ['simulated', name, 'c', 'd', 'e'],
    fact: `TEST ${name}`,
  };
}

/** A fact that no other callback of the story reports, so that nothing of it may be found afterwards. */
function wrongDigest({ signed, payments, firstPaymentId }: ScenarioOptions): CallbackSequence {
  const paymentId = paymentIdAfter(firstPaymentId, payments);
  const forged = { label: 'wrong digest', fault: 'wrong_digest', expected: EXPECTED.wrongDigest } as const;

  return signed ? [plannedCallback('UNFREEZE', paymentId, forged)] : [];
}

function notOursOrder({ foreignId, foreignAnswer }: ScenarioOptions): PlannedCallback {
  return plannedCallback('BOOKED', foreignId, {
    label: "another shop's order",
    body: bookedBody(0),
    expected: foreignAnswer,
  });
}

/** A callback with the usual for everything that `rest` does not say. */
export function plannedCallback(
  type: SimulatedType,
  paymentId: string | null,
  rest: Partial<PlannedCallback>,
): PlannedCallback {
  return {
    type,
    paymentId,
    label: '',
    result: null,
    values: [],
    body: null,
    fault: 'none',
    fact: `${type} ${paymentId}`,
    expected: EXPECTED.kept,
    ...rest,
  };
}

function notEmpty(track: CallbackSequence): boolean {
  return track.length > 0;
}
