/**
 * Reads the fields of a payload that the body of a Merchant API callback holds. Pure, and never fails: a body that was
 * removed since, on request, gives null.
 */
import { parseMapiBody } from '../protocol/mapi/body.ts';
import { type PaymentChange, toIsoDate } from './payment-diff.ts';

/** Returns the change that a MANAGEMENT reports; null without its body. */
export function managementChange(body: Buffer | null): PaymentChange | null {
  const parsed = parseMapiBody(body, 'MANAGEMENT');
  if (parsed.outcome !== 'callback' || parsed.callback.kind !== 'MANAGEMENT') return null;
  const { word, actionId, created } = parsed.callback;
  return {
    kind: word.toLowerCase(),
    transactionId: actionId,
    createdAt: toIsoDate(created),
    createdBy: null,
    totalAmount: null,
    totalVatAmount: null,
    orderId: null,
    invoiceId: null,
  };
}

/** Returns the id of the application that a CREDIT_APPLICATION is about; null without its body. */
export function applicationIdOf(body: Buffer | null): string | null {
  const parsed = parseMapiBody(body, 'CREDIT_APPLICATION');
  if (parsed.outcome !== 'callback' || parsed.callback.kind !== 'CREDIT_APPLICATION') return null;
  return parsed.callback.applicationId;
}
