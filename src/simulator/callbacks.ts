/**
 * The callbacks that Resurs sends: what one consists of, those that a merchant triggers, and the JSON bodies of BOOKED
 * and UPDATE in the shape that Resurs documents (protocol 1.2 and 1.3), amounts invented. The same arguments always
 * give the same bytes, because the receiver has to recognise a repeat. Pure.
 */
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { EXPECTED, type ExpectedResponse } from './expected.ts';

/** One callback that Resurs has to deliver; a body makes it a POST. */
export interface PlannedCallback {
  readonly label: string;
  readonly type: CallbackType;
  readonly paymentId: string | null;
  /** The same. */
  readonly orderReference: string | null;
  /** FROZEN or THAWED in a scenario; a triggered callback may carry any text, as at Resurs. */
  readonly result: string | null;
  /** The five values of a TEST; empty for all others. */
  readonly values: readonly string[];
  readonly body: string | null;
  /** `answer_lost`: the response to the first POST never reaches Resurs, which then sends the GET. */
  readonly fault: 'none' | 'answer_lost' | 'wrong_digest';
  /** Callbacks with the same fact are one event for the receiver. */
  readonly fact: string;
  readonly expected: ExpectedResponse;
}

/** Builds a callback with defaults for everything that `rest` leaves out. */
export function plannedCallback(
  type: CallbackType,
  paymentId: string | null,
  rest: Partial<PlannedCallback>,
): PlannedCallback {
  return {
    type,
    paymentId,
    orderReference: paymentId,
    label: '',
    result: null,
    values: [],
    body: null,
    fault: 'none',
    fact: `${type} ${paymentId}`,
    expected: EXPECTED.stored,
    ...rest,
  };
}

/** Builds a TEST callback; its values identify it. */
export function testCallback(label: string, values: readonly string[], fact: string): PlannedCallback {
  return plannedCallback('TEST', null, { label, values, fact, expected: EXPECTED.test });
}

const MAX_TEST_VALUES = 5;

/**
 * Builds the callback that a merchant requests with triggerEvent. The parameters fill the placeholders of the type by
 * position and are not checked. BOOKED and UPDATE get a body like any other of their type. `nowMs` is unix time.
 */
export function triggeredCallback(type: CallbackType, params: readonly string[], nowMs: number): PlannedCallback {
  const label = 'triggered';
  const [paymentId = '', result = ''] = params;
  switch (type) {
    case 'TEST': {
      const values = params.slice(0, MAX_TEST_VALUES);
      return testCallback(label, values, `TEST ${values.join(' ')}`);
    }
    case 'BOOKED':
      return plannedCallback(type, paymentId, { label, body: bookedBody(0) });
    case 'UPDATE':
      return plannedCallback(type, paymentId, { label, body: updateBody('DEBIT', paymentId, nowMs) });
    case 'AUTOMATIC_FRAUD_CONTROL':
      return plannedCallback(type, paymentId, { label, result });
    default:
      return plannedCallback(type, paymentId, { label });
  }
}

/** Renders the body of BOOKED with the given number of lines added by Resurs; usually there are none. */
export function bookedBody(lines: number): string {
  return JSON.stringify({
    addedPaymentSpecificationLines: Array.from({ length: lines }, (_, index) => feeLine(index + 1)),
  });
}

/**
 * Renders the body of UPDATE for one change of the payment. `created` is epoch milliseconds, as in no other callback.
 * An annulment names no person and no transaction, like Resurs' first sample.
 */
export function updateBody(type: 'DEBIT' | 'ANNUL', paymentId: string, nowMs: number): string {
  const isDebit = type === 'DEBIT';

  return JSON.stringify({
    paymentDiff: {
      type,
      transactionId: isDebit ? `TrD-${paymentId}` : null,
      created: nowMs,
      createdBy: isDebit ? 'B User' : null,
      paymentSpecification: {
        paymentSpecificationLines: isDebit ? [feeLine(1)] : null,
        totalAmount: isDebit ? 25 : null,
        totalVatAmount: isDebit ? 5 : 0,
        bonusPoints: 0,
      },
      orderId: isDebit ? `Ord-${paymentId}` : null,
      invoiceId: null,
    },
  });
}

function feeLine(number: number) {
  return {
    id: String(number),
    artNo: `FEE-${number}`,
    description: 'Invoice fee',
    quantity: 1,
    unitMeasure: 'st',
    unitAmountWithoutVat: 20,
    vatPct: 25,
    totalVatAmount: 5,
    totalAmount: 25,
  };
}
