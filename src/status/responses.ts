/**
 * The responses of the status API as schemas: Fastify serializes responses by them, and `GET /openapi.json` is made of
 * them.
 */
import { Type } from 'typebox';
import { REFUSED_RESPONSES } from '../callbacks/refusals.ts';
import { NullableInteger, NullableNumber, NullableText, NullableTime, Time } from './response-types.ts';
import { secretMembers } from './secrets.ts';

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

const Reconciliation = Type.Object(
  {
    lastRunAt: NullableTime,
    checked: NullableInteger,
    missed: NullableInteger,
    error: NullableText,
    failedInRow: Type.Integer({ description: 'Runs that failed since the last one that did not' }),
    clockDifferenceMs: Type.Unsafe<number | null>({
      ...NullableInteger,
      description: "How far Resurs' clock is ahead of ours",
    }),
  },
  { description: 'The last run of reconciliation, over all replicas; null where it never ran' },
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
    reconciliation: Reconciliation,
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
  {
    orderReference: Type.Optional(
      Type.String({ description: 'Of an order of the Merchant API: the name in the path' }),
    ),
    provider: Type.Optional(Type.Literal('resurs-mapi')),
    paymentId: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: "The name in the path; of an order of the Merchant API Resurs' id of its payment, null if not told",
    }),
    registeredAt: Time,
  },
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
