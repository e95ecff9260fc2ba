/**
 * Parses the `paymentDiff` of an UPDATE: what has changed. Pure, and never fails: a field that is absent, of another
 * type or not a date is null. Amounts are passed on unchanged; Resurs' own samples are not consistent in them.
 */
import { field, isJsonObject } from '../lib/json-fields.ts';
import { parseLooseTime } from '../lib/loose-time.ts';

export interface PaymentChange {
  /** `authorize`, `debit`, `credit`, `annul`, or the raw word in lower case. */
  readonly kind: string | null;
  readonly transactionId: string | null;
  readonly createdAt: string | null;
  readonly createdBy: string | null;
  readonly totalAmount: number | null;
  readonly totalVatAmount: number | null;
  readonly orderId: string | null;
  readonly invoiceId: string | null;
}

/** Parses the change in a body, which is JSON text; null when it has no paymentDiff. */
export function parsePaymentDiff(body: string): PaymentChange | null {
  const diff = field(JSON.parse(body), 'paymentDiff');
  if (!isJsonObject(diff)) return null;
  // The callback says paymentSpecification, the API's own type paymentSpec; accept both (Resurs' own pages differ).
  const specification = field(diff, 'paymentSpecification') ?? field(diff, 'paymentSpec');
  return {
    kind: stringField(diff, 'type')?.toLowerCase() ?? null,
    transactionId: stringField(diff, 'transactionId'),
    createdAt: toIsoDate(field(diff, 'created')),
    createdBy: stringField(diff, 'createdBy'),
    totalAmount: numberField(specification, 'totalAmount'),
    totalVatAmount: numberField(specification, 'totalVatAmount'),
    orderId: stringField(diff, 'orderId'),
    invoiceId: stringField(diff, 'invoiceId'),
  };
}

function stringField(value: unknown, name: string): string | null {
  const member = field(value, name);
  return typeof member === 'string' ? member : null;
}

function numberField(value: unknown, name: string): number | null {
  const member = field(value, name);
  return typeof member === 'number' && Number.isFinite(member) ? member : null;
}

const FOUR_DIGIT_YEAR = /^\d{4}-/;

/** Formats epoch milliseconds, as callbacks have it, or an ISO date, as the API has it; within the years 0 to 9999. */
export function toIsoDate(value: unknown): string | null {
  const date = typeof value === 'string' ? parseLooseTime(value) : typeof value === 'number' ? new Date(value) : null;
  if (date === null || Number.isNaN(date.getTime())) return null;
  const text = date.toISOString();
  return FOUR_DIGIT_YEAR.test(text) ? text : null;
}
