/**
 * The responses of the status API as schemas: Fastify serializes responses by them, and `GET /openapi.json` is made of
 * them.
 */
import { Type } from 'typebox';
import { secretMembers } from './secrets.ts';

/** A date and time that may be missing; a list of types, so that the serializer accepts a Date. */
const NullableTime = Type.Unsafe<Date | null>({ type: ['string', 'null'], format: 'date-time' });
const Time = Type.Unsafe<Date>({ type: 'string', format: 'date-time' });
const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] });
const NullableInteger = Type.Unsafe<number | null>({ type: ['integer', 'null'] });
const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] });

const STATES = ['held', 'pending', 'delivering', 'delivered', 'dead_letter'];

export const ErrorResponse = Type.Object({
  error: Type.Object({ code: Type.String(), message: Type.String() }),
});

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
  paymentId: NullableText,
  result: NullableText,
  method: Type.Enum(['GET', 'POST']),
  registeredAt: NullableTime,
  receivedAt: Time,
  parameters: Type.Record(Type.String(), Type.String()),
  verified: Type.Object({
    digest: Type.Boolean(),
    result: Type.Boolean(),
    basicAuth: Type.Boolean(),
    source: Type.Boolean(),
  }),
  receipts: Type.Object({ count: Type.Integer(), firstAt: Time, lastAt: Time }),
  delivery: Type.Unsafe<unknown>(Delivery),
  summary: Type.String({ description: 'The state of its delivery, in one line' }),
};

export const EventResponse = Type.Object(eventMembers);

const Next = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  description:
    'The cursor of the next page, null at the end; a page may be shorter than its limit although more pages follow',
});

export const EventsResponse = Type.Object({ events: Type.Array(EventResponse), next: Next });

const Attempt = Type.Object({
  number: Type.Integer(),
  startedAt: Time,
  durationMs: Type.Integer(),
  outcome: Type.Enum(['accepted', 'refused', 'unreachable', 'timed_out', 'abandoned']),
  status: NullableInteger,
  error: NullableText,
  answer: NullableText,
});

export const EventDetailResponse = Type.Object({
  ...eventMembers,
  attempts: Type.Array(Attempt),
  body: Type.Unknown({ description: 'The received JSON, or null' }),
  bodyText: Type.Optional(Type.String()),
  bodyBase64: Type.Optional(Type.String()),
  bodyError: Type.Optional(Type.String()),
});

export const PaymentResponse = Type.Object({
  paymentId: Type.String(),
  facts: Type.Object({
    booked: NullableTime,
    frozen: NullableTime,
    thawed: NullableTime,
    unfrozen: NullableTime,
    finalized: NullableTime,
    annulled: NullableTime,
    updated: NullableTime,
  }),
  events: Type.Array(EventResponse),
});

export const StatusResponse = Type.Object({
  version: Type.String(),
  uptimeSeconds: Type.Integer(),
  lastCallbackAt: NullableTime,
  lastDeliveryAt: NullableTime,
  lastTestAt: NullableTime,
  callbacks: Type.Record(Type.String(), Type.Integer()),
  deliveries: Type.Object({
    held: Type.Integer(),
    pending: Type.Integer(),
    delivering: Type.Integer(),
    dead_letter: Type.Integer(),
    delivered: Type.Integer({ description: 'In the last 24 hours' }),
    atLeast: Type.Optional(
      Type.Boolean({ description: 'True when a count stopped at 100 000 although there are more' }),
    ),
  }),
  oldestPendingAgeSeconds: NullableNumber,
  nextRetryAt: NullableTime,
  webhook: Type.Object({ state: Type.Enum(['up', 'down', 'unset']), lastError: NullableText }),
  ...secretMembers,
});

export const CountResponse = Type.Object({
  count: Type.Integer({ description: 'How many deliveries are replayed, or would be in a dry run' }),
  atLeast: Type.Optional(Type.Boolean({ description: 'Dry run only: there are more than were counted' })),
  failed: Type.Optional(
    Type.Integer({ description: 'How many were left unchanged because the database refused them' }),
  ),
});

/** A replay that stopped early; deliveries replayed so far stay replayed. */
export const ReplayRefusedResponse = Type.Object({
  error: Type.Object({ code: Type.String(), message: Type.String() }),
  count: Type.Integer(),
  failed: Type.Integer(),
});

export const OrderResponse = Type.Object({ paymentId: Type.String(), registeredAt: Time });

export const RejectionsResponse = Type.Object({
  rejections: Type.Array(
    Type.Object({
      paymentId: Type.String(),
      callback: Type.String(),
      firstSeenAt: Time,
      lastSeenAt: Time,
      count: Type.Integer(),
    }),
  ),
});
