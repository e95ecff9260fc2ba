/**
 * The responses of the status API as schemas: Fastify serializes responses by them, and `GET /openapi.json` is made of
 * them.
 */
import { Type } from 'typebox';
import { REFUSED_RESPONSES } from '../callbacks/refusals.ts';
import { ATTEMPT_OUTCOMES, PROVIDERS } from '../db/schema.ts';
import { secretMembers } from './secrets.ts';

/** A date and time that may be missing; a list of types, so that the serializer accepts a Date. */
const NullableTime = Type.Unsafe<Date | null>({ type: ['string', 'null'], format: 'date-time' });
const Time = Type.Unsafe<Date>({ type: 'string', format: 'date-time' });
const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] });
const NullableInteger = Type.Unsafe<number | null>({ type: ['integer', 'null'] });
const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] });

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

const Next = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  description:
    'The cursor of the next page, null at the end; a page may be shorter than its limit although more pages follow',
});

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
      description: 'Other payments of that order, the newest first: an order may be paid anew after a rejection',
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
    events: Type.Array(EventResponse),
  },
  { description: 'The facts of the payment and its events, oldest first' },
);

const Webhook = Type.Object({
  state: Type.Enum(['up', 'down', 'unset']),
  lastError: NullableText,
  downSince: Type.Optional(Time),
  nextProbeAt: Type.Optional(Type.Unsafe<Date>({ ...Time, description: 'While it is down: the next single request' })),
});

export const WebhookProbeResponse = Type.Object(
  { webhook: Webhook },
  { description: 'The next probe is sent at once' },
);

export const StatusResponse = Type.Object(
  {
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
      deliveredHours: Type.Integer({ description: 'The hours that delivered counts: 24' }),
      atLeast: Type.Optional(
        Type.Boolean({ description: 'True when a count stopped at 100 000 although there are more' }),
      ),
    }),
    oldestPendingAgeSeconds: NullableNumber,
    nextRetryAt: NullableTime,
    webhook: Webhook,
    ...secretMembers,
  },
  { description: 'How the service is doing' },
);

const ReplaySummary = Type.String({ description: 'What was done, or would be in a dry run, in words' });

export const CountResponse = Type.Object(
  {
    count: Type.Integer({ description: 'How many deliveries are replayed, or would be in a dry run' }),
    atLeast: Type.Optional(Type.Boolean({ description: 'Dry run only: there are more than were counted' })),
    failed: Type.Optional(
      Type.Integer({ description: 'How many were left unchanged because the database refused them' }),
    ),
    summary: ReplaySummary,
  },
  { description: 'The deliveries are pending again; in a dry run, they would be' },
);

/** A replay that stopped early; deliveries replayed so far stay replayed. */
export const ReplayRefusedResponse = Type.Object(
  {
    error: Type.Object({ code: Type.String(), message: Type.String() }),
    count: Type.Optional(Type.Integer({ description: 'How many were replayed before the database failed' })),
    failed: Type.Optional(Type.Integer({ description: 'How many the database refused before it failed' })),
    summary: Type.Optional(ReplaySummary),
  },
  { description: 'The database failed; what was replayed so far stays replayed. Send the request again for the rest' },
);

export const OrderResponse = Type.Object(
  { paymentId: Type.String(), registeredAt: Time },
  { description: 'The order is registered' },
);

export const RejectionsResponse = Type.Object(
  {
    rejections: Type.Array(
      Type.Object({
        paymentId: Type.String(),
        callback: Type.String(),
        firstSeenAt: Time,
        lastSeenAt: Time,
        count: Type.Integer(),
      }),
    ),
  },
  { description: 'Refused callbacks of orders that are not ours, most recent first' },
);

export const RefusalsResponse = Type.Object(
  {
    refusals: Type.Array(
      Type.Object({
        at: Time,
        reason: Type.Enum([...REFUSED_RESPONSES]),
        callback: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'The type; null unless valid' }),
        source: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'The address; null if unknown' }),
      }),
    ),
  },
  { description: 'The last 200 callbacks that this process refused before anything was stored, most recent first' },
);

export const MockErrorResponse = Type.Object(
  {
    callback: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'The type; null: every type' }),
    code: Type.Integer(),
    message: Type.String(),
    times: Type.Integer({ description: 'How many callbacks still get the error' }),
  },
  { description: 'The error that the next callbacks get' },
);
