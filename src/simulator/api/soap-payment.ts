/**
 * Renders a payment as getPayment and findPayments return it: decimals with up to 20 digits behind the point, times with an offset, a
 * status once for each word, and a customer, who is invented and whom no client may pass on.
 */
import { formatDecimal } from '../../lib/decimal.ts';
import type { FakeChange, FakePayment } from '../payments.ts';
import type { SoapField } from './soap-responses.ts';

const GOVERNMENT_ID = '195001010006';
const FULL_NAME = 'Vera Testsson';

const CUSTOMER: readonly SoapField[] = [
  ['governmentId', GOVERNMENT_ID],
  [
    'address',
    [
      ['fullName', FULL_NAME],
      ['firstName', 'Vera'],
      ['lastName', 'Testsson'],
      ['addressRow1', 'Provgatan 1'],
      ['postalArea', 'Helsingborg'],
      ['postalCode', '25220'],
      ['country', 'SE'],
    ],
  ],
  ['phone', '0707123456'],
  ['email', 'vera.testsson@shop.example'],
  ['type', 'NATURAL'],
];

/** Returns the elements of the payment, in the order of the schema. */
export function paymentFields(payment: FakePayment): readonly SoapField[] {
  const { id, totalAmount, frozen, statuses, changes, bookedMs, finalizedMs } = payment;
  return [
    ['id', id],
    ['totalAmount', decimal(formatDecimal(totalAmount), 20)],
    ['limit', '50000.00000'],
    ...changes.map((change): SoapField => ['paymentDiffs', changeFields(id, change)]),
    ['customer', CUSTOMER],
    ['booked', timeOf(bookedMs)],
    ...optionalTime('finalized', finalizedMs),
    ['paymentMethodId', 'INVOICE'],
    ['paymentMethodName', 'Faktura'],
    ['fraud', 'false'],
    ['frozen', String(frozen)],
    ...statuses.map((status): SoapField => ['status', status]),
    ['paymentMethodType', 'INVOICE'],
    ['totalBonusPoints', '0'],
  ];
}

/**
 * Returns the elements of a payment that findPayments found. `modifiedFromBooking`: one that was never modified is said
 * to be modified when it was booked.
 */
export function foundPaymentFields(payment: FakePayment, modifiedFromBooking: boolean): readonly SoapField[] {
  const { id, totalAmount, frozen, statuses, bookedMs, modifiedMs, finalizedMs } = payment;
  return [
    ['paymentId', id],
    ['paymentMethodId', 'INVOICE'],
    ['paymentMethodName', 'Faktura'],
    ['governmentId', GOVERNMENT_ID],
    ['fullName', FULL_NAME],
    ['booked', timeOf(bookedMs)],
    ...optionalTime('modified', modifiedMs ?? (modifiedFromBooking ? bookedMs : null)),
    ...optionalTime('finalized', finalizedMs),
    ['totalAmount', decimal(formatDecimal(totalAmount), 20)],
    ['frozen', String(frozen)],
    ...statuses.map((status): SoapField => ['status', status]),
  ];
}

/** An annulment names no person, like Resurs' first sample. */
function changeFields(paymentId: string, { type, amount, createdMs }: FakeChange): readonly SoapField[] {
  return [
    ['type', type],
    ['transactionId', paymentId],
    ['created', timeOf(createdMs)],
    ...(type === 'ANNUL' ? [] : ([['createdBy', 'SHOP_FLOW']] as const)),
    [
      'paymentSpec',
      [
        ['totalAmount', decimal(formatDecimal(amount), 10)],
        ['totalVatAmount', decimal('0.00', 10)],
      ],
    ],
  ];
}

function decimal(text: string, digits: number): string {
  const [whole = '', fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(digits, '0')}`;
}

function optionalTime(name: string, ms: number | null): readonly SoapField[] {
  return ms === null ? [] : [[name, timeOf(ms)]];
}

const OFFSET_MS = 3_600_000;

/** Swedish winter time, without milliseconds. */
function timeOf(ms: number): string {
  return `${new Date(ms + OFFSET_MS).toISOString().slice(0, 19)}+01:00`;
}
