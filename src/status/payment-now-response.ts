/** The response of `GET /payments/{paymentId}/now` as a schema. */
import { Type } from 'typebox';
import { PROVIDERS } from '../db/schema.ts';
import { ORDER_STATES_NOW } from '../events/order-now.ts';
import { type Amounts, PAYMENT_STATES } from '../payments/payment.ts';

const amount = (description: string) => Type.String({ description });

const Words = (description: string) =>
  Type.Unsafe<readonly string[]>({ type: 'array', items: { type: 'string' }, description });

const AMOUNTS = {
  total: amount('What the order ever came to'),
  authorized: amount('What may still be captured'),
  captured: amount('What was captured'),
  refunded: amount('What was refunded'),
  annulled: amount('What was annulled'),
};

const PaymentShape = Type.Object({
  readAt: Type.Unsafe<Date>({ type: 'string', format: 'date-time', description: 'When Resurs was asked' }),
  state: Type.Enum([...PAYMENT_STATES]),
  frozen: Type.Boolean({ description: 'While it is true, nothing may be shipped' }),
  orderReference: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
  statuses: Words("Resurs' own words"),
  amounts: Type.Unsafe<Amounts | null>({
    type: ['object', 'null'],
    required: Object.keys(AMOUNTS),
    properties: AMOUNTS,
    description: "In the payment's currency, which Resurs does not name; never rounded. Null where Resurs names none",
  }),
  rejectedReason: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
});

const OrderShape = Type.Object({
  state: Type.Enum([...ORDER_STATES_NOW]),
  certain: Type.Boolean({ description: 'False only when the state of the payment is unknown' }),
  earlier: Words('The facts that are stored of the payment, the one reported last at the end'),
});

export const PaymentNowResponse = Type.Object(
  {
    paymentId: Type.String({ description: 'Also where it was asked for by the reference of its order' }),
    provider: Type.Enum([...PROVIDERS]),
    payment: PaymentShape,
    order: OrderShape,
    earlierError: Type.Optional(
      Type.String({ description: 'Only when the database did not answer in time: why earlier is empty' }),
    ),
  },
  { description: 'What Resurs holds of the payment now; nothing about the customer' },
);
