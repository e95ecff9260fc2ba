/**
 * The schema of a payment in the responses of getPayment and findPayments, in Resurs' order. Strict clients read the customer as well, so
 * it is there. Source: aftershopflow.xsd and common.xsd of AfterShopFlowService.
 */
import type { SequenceItem } from './sequence-item.ts';

const MANY = Number.POSITIVE_INFINITY;

const ADDRESS: readonly SequenceItem[] = [
  optional('fullName'),
  optional('firstName'),
  optional('lastName'),
  one('addressRow1'),
  optional('addressRow2'),
  one('postalArea'),
  one('postalCode'),
  one('country'),
];

const CUSTOMER: readonly SequenceItem[] = [
  one('governmentId'),
  { name: 'address', min: 1, max: 1, children: ADDRESS },
  optional('phone'),
  optional('email'),
  one('type'),
];

const LINE: readonly SequenceItem[] = [
  one('id'),
  one('artNo'),
  one('description'),
  one('quantity', 'decimal'),
  one('unitMeasure'),
  one('unitAmountWithoutVat', 'decimal'),
  one('vatPct', 'decimal'),
  one('totalVatAmount', 'decimal'),
  one('totalAmount', 'decimal'),
];

const SPECIFICATION: readonly SequenceItem[] = [
  { name: 'specLines', min: 0, max: MANY, children: LINE },
  one('totalAmount', 'decimal'),
  { ...optional('totalVatAmount', 'decimal'), isNillable: true },
  optional('bonusPoints', 'nonNegativeInteger'),
];

const CHANGE: readonly SequenceItem[] = [
  one('type'),
  optional('transactionId'),
  one('created', 'dateTime'),
  optional('createdBy'),
  { name: 'paymentSpec', min: 1, max: 1, children: SPECIFICATION },
  optional('orderId'),
  optional('invoiceId'),
  { name: 'documentNames', min: 0, max: MANY },
];

export const PAYMENT_SEQUENCE: readonly SequenceItem[] = [
  one('id'),
  one('totalAmount', 'decimal'),
  { name: 'metaData', min: 0, max: MANY, children: [one('key'), optional('value')] },
  one('limit', 'decimal'),
  { name: 'paymentDiffs', min: 0, max: MANY, children: CHANGE },
  { name: 'customer', min: 1, max: 1, children: CUSTOMER },
  { name: 'deliveryAddress', min: 0, max: 1, children: ADDRESS },
  one('booked', 'dateTime'),
  optional('finalized', 'dateTime'),
  one('paymentMethodId'),
  one('paymentMethodName'),
  one('fraud', 'boolean'),
  one('frozen', 'boolean'),
  { name: 'status', min: 0, max: MANY },
  optional('storeId'),
  one('paymentMethodType'),
  one('totalBonusPoints', 'nonNegativeInteger'),
];

export const FOUND_PAYMENT_SEQUENCE: readonly SequenceItem[] = [
  one('paymentId'),
  one('paymentMethodId'),
  one('paymentMethodName'),
  one('governmentId'),
  one('fullName'),
  one('booked', 'dateTime'),
  optional('modified', 'dateTime'),
  optional('finalized', 'dateTime'),
  one('totalAmount', 'decimal'),
  one('frozen', 'boolean'),
  { name: 'status', min: 0, max: MANY },
];

function one(name: string, type?: string): SequenceItem {
  return { name, min: 1, max: 1, ...(type === undefined ? {} : { type }) };
}

function optional(name: string, type?: string): SequenceItem {
  return { ...one(name, type), min: 0 };
}
