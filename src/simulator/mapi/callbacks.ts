/**
 * The callbacks of the Merchant API that the simulator sends, and what has happened to the payment before. Amounts stand
 * in no callback: only the Merchant API tells them. The same arguments always give the same bytes. Pure.
 */
import type { Decimal } from '../../lib/decimal.ts';
import type { MapiKind } from '../../protocol/mapi/body.ts';
import { EXPECTED, type ExpectedResponse } from '../expected.ts';

/** One callback that Resurs has to deliver. */
export interface PlannedMapiCallback {
  readonly label: string;
  readonly type: MapiKind | 'TEST';
  /** Null for an application and a test. */
  readonly paymentId: string | null;
  /** The shop's reference, which the shop put into the URL; null: it did not. */
  readonly orderReference: string | null;
  /** The status or the action; null for a test. */
  readonly result: string | null;
  /** Of a MANAGEMENT; else null. */
  readonly actionId: string | null;
  /** As Resurs writes it. */
  readonly created: string;
  /** What was captured, refunded, cancelled or added; null: all that is left, or the usual total. */
  readonly amount: Decimal | null;
  readonly body: string;
  /**
   * `answer_lost`: the first response never reaches Resurs. `wrong_token` and `malformed`: a stranger sends it.
   * `unheard_of`: so does a stranger, who invents the payment.
   */
  readonly fault: 'none' | 'answer_lost' | 'wrong_token' | 'malformed' | 'unheard_of';
  /** Callbacks with the same fact are one event for the receiver. */
  readonly fact: string;
  readonly expected: ExpectedResponse;
}

/** The parts of a callback that most have; all others have defaults. */
type Rest = Partial<Pick<PlannedMapiCallback, 'label' | 'amount' | 'fault' | 'expected'>>;

export interface MapiPaymentName {
  readonly paymentId: string;
  readonly orderReference: string | null;
}

export interface MapiStatus {
  readonly status: string;
  readonly created: string;
}

/** The payment was decided upon. */
export function authorization(
  { paymentId, orderReference }: MapiPaymentName,
  { status, created }: MapiStatus,
  rest: Rest = {},
): PlannedMapiCallback {
  return {
    ...plain({ type: 'AUTHORIZATION', paymentId, orderReference, result: status, created }),
    body: JSON.stringify({ paymentId, status, created }),
    fact: `AUTHORIZATION ${paymentId} ${status} ${created}`,
    ...rest,
  };
}

export interface MapiActionName {
  readonly action: string;
  readonly actionId: string;
  readonly created: string;
}

/** The payment was managed. */
export function management(
  { paymentId, orderReference }: MapiPaymentName,
  { action, actionId, created }: MapiActionName,
  rest: Rest = {},
): PlannedMapiCallback {
  return {
    ...plain({ type: 'MANAGEMENT', paymentId, orderReference, result: action, created }),
    actionId,
    body: JSON.stringify({ paymentId, action, actionId, created }),
    fact: `MANAGEMENT ${paymentId} ${action} ${actionId}`,
    ...rest,
  };
}

export interface MapiApplicationName {
  readonly applicationId: string;
  readonly orderReference: string | null;
}

/** A credit application was decided upon. */
export function application(
  { applicationId, orderReference }: MapiApplicationName,
  { status, created }: MapiStatus,
  rest: Rest = {},
): PlannedMapiCallback {
  return {
    ...plain({ type: 'CREDIT_APPLICATION', paymentId: null, orderReference, result: status, created }),
    body: JSON.stringify({ applicationId, status, created }),
    fact: `CREDIT_APPLICATION ${applicationId} ${status} ${created}`,
    ...rest,
  };
}

/** A test, which names nothing. Resurs does not say what is in it. */
export function mapiTest(label: string): PlannedMapiCallback {
  const test = plain({ type: 'TEST', paymentId: null, orderReference: null, result: null, created: '' });
  return { ...test, label, body: '{}', fact: 'TEST', expected: EXPECTED.test };
}

type Named = Pick<PlannedMapiCallback, 'type' | 'paymentId' | 'orderReference' | 'result' | 'created'>;

function plain(named: Named): Omit<PlannedMapiCallback, 'body' | 'fact'> {
  return {
    ...named,
    label: named.result ?? '',
    actionId: null,
    amount: null,
    fault: 'none',
    expected: EXPECTED.stored,
  };
}
