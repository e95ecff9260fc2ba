/**
 * A callback that is planned, of either interface of Resurs, and how it looks as a request. Every fifth payment is the
 * Merchant API's: its URL carries the order and the token, in one of the three forms that shops use. Pure.
 */
import type { Provider } from '../../src/db/schema.ts';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { MAPI_PATH } from '../receiver-env.ts';

/** A callback of a payment, identified by its body. */
export interface PlannedCallback {
  readonly provider: Provider;
  readonly paymentId: string;
  /** Of eCom the paymentId. */
  readonly orderReference: string;
  /** The callback type, or the kind. */
  readonly callback: string;
  /** Counts from 0 within its payment. */
  readonly number: number;
  /** The body; no two are equal. */
  readonly content: string;
  /** When to send it, from the start of the run. */
  readonly atMs: number;
  /** `together`: to two replicas at the same time; `again`: once more after it was accepted. */
  readonly repeat: 'none' | 'together' | 'again';
  /** The id by which slow-commit.ts delays its commit; null for a normal commit. */
  readonly slowId: number | null;
}

/** The secrets that prove callbacks. */
export interface CallbackSecrets {
  readonly salt: string;
  readonly mapiToken: string;
}

const MAPI_EVERY = 5;
const ACTIONS = ['CAPTURE', 'REFUND', 'MODIFY_ORDER', 'CANCEL'] as const;
const SEGMENTS = new Map([
  ['AUTHORIZATION', 'authorization'],
  ['MANAGEMENT', 'management'],
]);

export type PlannedPayment = Pick<PlannedCallback, 'provider' | 'paymentId' | 'orderReference'>;

/** Returns the payment with this number. */
export function plannedPayment(index: number): PlannedPayment {
  const number = 100_000_000 + index;
  if (index % MAPI_EVERY !== MAPI_EVERY - 1) {
    return { provider: 'resurs-ecom', paymentId: String(number), orderReference: String(number) };
  }
  return { provider: 'resurs-mapi', paymentId: uuidOf(number, 0), orderReference: `order-${number}` };
}

function uuidOf(number: number, part: number): string {
  return `5e7d0b1a-${String(part).padStart(4, '0')}-4000-8000-${String(number).padStart(12, '0')}`;
}

/** Renders the body of the payment's callback with this number: frozen, authorised, then changed. */
export function renderContent(
  { provider, paymentId }: PlannedPayment,
  { number, slow }: { readonly number: number; readonly slow: object },
): Pick<PlannedCallback, 'callback' | 'content'> {
  if (provider === 'resurs-ecom') {
    const paymentDiff = { type: 'DEBIT', transactionId: `${paymentId}-${number}` };
    return { callback: 'UPDATE', content: JSON.stringify({ paymentDiff, ...slow }) };
  }
  const created = `2026-11-20T12:00:00.${String(number).padStart(6, '0')}Z`;
  if (number < 2) {
    const status = number === 0 ? 'FROZEN' : 'AUTHORIZED';
    return { callback: 'AUTHORIZATION', content: JSON.stringify({ paymentId, status, created, ...slow }) };
  }
  const action = ACTIONS[number % ACTIONS.length];
  const actionId = paymentId.replace(/-\d{4}-/, `-${String(number).padStart(4, '0')}-`);
  return { callback: 'MANAGEMENT', content: JSON.stringify({ paymentId, action, actionId, created, ...slow }) };
}

/** Returns target and content type. A callback has the same ones whenever it is sent. */
export function requestOf(
  { provider, paymentId, orderReference, callback, number }: PlannedCallback,
  { salt, mapiToken }: CallbackSecrets,
): { readonly target: string; readonly contentType?: string } {
  if (provider === 'resurs-ecom') {
    return { target: `/callbacks/resurs?c=${callback}&p=${paymentId}&d=${computeDigest('sha1', paymentId, salt)}` };
  }
  const query = `order=${orderReference}&token=${mapiToken}`;
  const forms = [`/${SEGMENTS.get(callback)}?`, `?callback=${callback}&`, '?'] as const;
  return { target: `${MAPI_PATH}${forms[number % forms.length]}${query}`, contentType: 'application/json' };
}
