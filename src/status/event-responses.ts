/** The responses about events as schemas: the list, one event, and all of a payment. */
import { Type } from 'typebox';
import { ATTEMPT_OUTCOMES, PROVIDERS } from '../db/schema.ts';
import { Next, NullableInteger, NullableText, NullableTime, Time } from './response-types.ts';

const STATES = ['held', 'pending', 'delivering', 'delivered', 'dead_letter'];

const Delivery = {
  type: ['object', 'null'],
  required: ['state', 'attemptCount', 'nextAttemptAt', 'deliveredAt'],
  properties: {
    state: { type: 'string', enum: STATES },
    attemptCount: { type: 'integer' },
    nextAttemptAt: { type: ['string', 'null'], format: 'date-time' },
    deliveredAt: { type: ['string', 'null'], format: 'date-time' },
  },
};

const eventMembers = {
  id: Type.String({ description: 'evt_ and a UUID; the webhook-id' }),
  sequence: Type.Integer(),
  type: Type.String(),
  callback: Type.String(),
  provider: Type.Enum([...PROVIDERS]),
  paymentId: NullableText,
  orderReference: NullableText,
  result: NullableText,
  method: Type.Enum(['GET', 'POST']),
  registeredAt: NullableTime,
  receivedAt: Time,
  parameters: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())])),
  missed: Type.Optional(Type.Array(Type.String(), { description: 'What reconciliation found; only in its events' })),
  erasedAt: Type.Optional(Time),
  verified: Type.Object({
    digest: Type.Boolean(),
    result: Type.Boolean(),
    basicAuth: Type.Boolean(),
    source: Type.Boolean(),
    token: Type.Boolean(),
    api: Type.Boolean(),
  }),
  receipts: Type.Object({ count: Type.Integer(), firstAt: Time, lastAt: Time }),
  delivery: Type.Unsafe<unknown>(Delivery),
  summary: Type.String({ description: 'The state of its delivery, in one line' }),
};

const EventResponse = Type.Object(eventMembers);

export const EventsResponse = Type.Object(
  { events: Type.Array(EventResponse), next: Next },
  { description: 'One page of events, newest first' },
);

const Attempt = Type.Object({
  number: Type.Integer(),
  startedAt: Time,
  durationMs: Type.Integer(),
  outcome: Type.Enum([...ATTEMPT_OUTCOMES]),
  status: NullableInteger,
  error: NullableText,
  answer: NullableText,
});

export const EventDetailResponse = Type.Object(
  {
    ...eventMembers,
    applicationId: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        description: 'Of the Merchant API: events of applications alone',
      }),
    ),
    change: Type.Optional(Type.Unknown({ description: 'The change of the payment, as the webhook has it' })),
    payment: Type.Optional(
      Type.Unknown({ description: 'What Resurs held of the payment when it was read for this event; null: not read' }),
    ),
    paymentError: Type.Optional(Type.String({ description: 'Why payment is null' })),
    attempts: Type.Array(Attempt),
    body: Type.Unknown({ description: 'The received JSON, or null' }),
    bodyText: Type.Optional(Type.String()),
    bodyBase64: Type.Optional(Type.String()),
    bodyError: Type.Optional(Type.String()),
  },
  { description: 'The event with its body and every attempt to deliver it' },
);

export const PaymentResponse = Type.Object(
  {
    paymentId: Type.String(),
    provider: Type.Enum([...PROVIDERS]),
    orderReference: NullableText,
    otherPaymentIds: Type.Array(Type.String(), {
      description: 'Other payments of that order, the newest first: an order may be paid once more after a rejection',
    }),
    facts: Type.Object({
      booked: NullableTime,
      frozen: NullableTime,
      thawed: NullableTime,
      unfrozen: NullableTime,
      finalized: NullableTime,
      annulled: NullableTime,
      authorized: NullableTime,
      captured: NullableTime,
      refunded: NullableTime,
      rejected: NullableTime,
      updated: NullableTime,
    }),
    events: Type.Array(
      Type.Object({
        ...eventMembers,
        attempts: Type.Optional(Type.Array(Attempt, { description: 'With attempts=true: the last 100, in order' })),
        attemptsOmitted: Type.Optional(
          Type.Integer({ description: 'With attempts=true: how many earlier ones there are; missing if none' }),
        ),
      }),
    ),
    next: Next,
  },
  { description: 'The facts of the payment, of all its events, and one page of its events, in the order asked for' },
);
