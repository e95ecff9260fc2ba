/**
 * A callback that a merchant asks for with triggerEvent: the parameters fill the placeholders of the type by their
 * place, and nothing checks them. BOOKED and UPDATE come with a body like any other of their type.
 */
import type { CallbackType } from '../resurs/registration.ts';
import { bookedBody, updateBody } from './bodies.ts';
import { type PlannedCallback, PROMISED, planned } from './story.ts';

const MOST_TEST_VALUES = 5;

/** The callback to send. `nowMs` is unix time. */
export function triggeredCallback(type: CallbackType, params: readonly string[], nowMs: number): PlannedCallback {
  const label = 'triggered';
  if (type === 'TEST') {
    const values = params.slice(0, MOST_TEST_VALUES);
    return { ...planned(type, null, { label, values, expected: PROMISED.test }), fact: `TEST ${values.join(' ')}` };
  }

  const [paymentId = '', result = ''] = params;
  switch (type) {
    case 'BOOKED':
      return planned(type, paymentId, { label, body: bookedBody(0) });
    case 'UPDATE':
      return planned(type, paymentId, { label, body: updateBody('DEBIT', paymentId, nowMs) });
    case 'AUTOMATIC_FRAUD_CONTROL':
      return planned(type, paymentId, { label, result });
    default:
      return planned(type, paymentId, { label });
  }
}
