/**
 * Renders a payment as the Merchant API returns it: amounts as JSON numbers, and a customer, who is invented and whom no
 * client may pass on.
 */
import { type Decimal, formatDecimal, isPositive, subtract } from '../../../lib/decimal.ts';
import { amountsOf, type FakeMapiAmounts, type FakeMapiPayment } from '../../mapi/payments.ts';

/** What it says of the customer of every payment; tests look for these texts where they must not be. */
export const MAPI_CUSTOMER = {
  customerType: 'NATURAL',
  governmentId: '198305147715',
  email: 'sven.kundsson@example.com',
  mobilePhone: '+46701740635',
  deliveryAddress: {
    fullName: 'Sven Kundsson',
    firstName: 'Sven',
    lastName: 'Kundsson',
    addressRow1: 'Kundgatan 7',
    postalArea: 'Landskrona',
    postalCode: '26136',
    countryCode: 'SE',
  },
};

/** Renders the response to a request for one payment. */
export function paymentJson(payment: FakeMapiPayment, storeId: string): object {
  return {
    ...foundPaymentJson(payment, storeId),
    countryCode: 'SE',
    application: { requestedCreditLimit: 10_000, approvedCreditLimit: 10_000 },
  };
}

/** Renders a payment in the response to a search, which leaves some members out. */
export function foundPaymentJson(payment: FakeMapiPayment, storeId: string): object {
  const { id, created, status, orderReference, rejectedReason } = payment;
  const amounts = amountsOf(payment);
  return {
    id,
    created,
    storeId,
    paymentMethod: { name: 'Faktura' },
    status,
    customer: MAPI_CUSTOMER,
    metadata: { creator: 'shop', custom: [{ key: 'email', value: MAPI_CUSTOMER.email }] },
    order: {
      ...(orderReference === null ? {} : { orderReference }),
      actionLog: payment.actions.map((action) => actionJson(action)),
      possibleActions: possibleActions(status, amounts).map((action) => ({ action })),
      totalOrderAmount: numberOf(amounts.total),
      canceledAmount: numberOf(amounts.canceled),
      authorizedAmount: numberOf(amounts.authorized),
      capturedAmount: numberOf(amounts.captured),
      refundedAmount: numberOf(amounts.refunded),
    },
    rejectedReason: rejectedReason === null ? null : { category: rejectedReason },
  };
}

function actionJson({ actionId, type, created, amount }: FakeMapiPayment['actions'][number]): object {
  const line = {
    description: 'Bolts',
    reference: 'BOLT-001',
    quantity: 1,
    quantityUnit: 'st',
    unitAmountIncludingVat: numberOf(amount),
    totalAmountIncludingVat: numberOf(amount),
    vatRate: 25,
  };
  return { actionId, type, created, creator: 'Kassan', orderLines: [line] };
}

/** A payment that is not accepted allows nothing but to give it up. */
function possibleActions(status: string, { authorized, captured, refunded }: FakeMapiAmounts): readonly string[] {
  const isOpen = isPositive(authorized);
  if (status !== 'ACCEPTED') return isOpen ? ['CANCEL'] : [];
  const isRefundable = isPositive(subtract(captured, refunded));
  return [
    ...(isOpen ? ['CAPTURE', 'PARTIAL_CAPTURE', 'CANCEL', 'PARTIAL_CANCEL', 'MODIFY_ORDER'] : []),
    ...(isRefundable ? ['REFUND', 'PARTIAL_REFUND'] : []),
  ];
}

function numberOf(amount: Decimal): number {
  return Number(formatDecimal(amount));
}
