/**
 * A callback that a merchant asks for with triggerEvent: the parameters fill the placeholders of the type by their
 * place, and nothing checks them. BOOKED and UPDATE come with a body like any other of their type.
 */
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { bookedBody, updateBody } from './sample-bodies.ts';
import { EXPECTED, type PlannedCallback, plannedCallback } from './scenario.ts';

const MOST_TEST_VALUES = 5;

/** The callback to send. `nowMs` is unix time. */
export function triggeredCallback(type: CallbackType, params: readonly string[], nowMs: number): PlannedCallback {
  const label = 'triggered';
  if (type === 'TEST') {
    const values = params.slice(0, MOST_TEST_VALUES);
    return {
      ...plannedCallback(type, null, { label, values, expected: EXPECTED.test }),
      fact: `TEST ${values.join(' ')}`,
    };
  }

  const [paymentId = '', result = ''] = params;
  switch (type) {
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
