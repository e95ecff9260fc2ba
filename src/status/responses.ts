/**
 * The responses of the status API as schemas: Fastify serializes responses by them, and `GET /openapi.json` is made of
 * them.
 */
import { Type } from 'typebox';
import { REFUSED_RESPONSES } from '../callbacks/refusals.ts';
import { aboutMembers } from './about.ts';
import { jobMembers } from './job-figures.ts';
import { NullableNumber, NullableText, NullableTime, Time } from './response-types.ts';
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

export const StatusResponse = Type.Object(
  {
    version: Type.String(),
    revision: Type.Unsafe<string | null>({
      ...NullableText,
      description: 'The commit of the program, where it is known',
    }),
    uptimeSeconds: Type.Integer(),
    ...aboutMembers,
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
    ...jobMembers,
    ...secretMembers,
  },
  { description: 'How the service is doing' },
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
        nextTryAt: Type.Unsafe<Date | null>({
          ...NullableTime,
          description:
            "An estimate by Resurs' retry schedule, as if it had begun at firstSeenAt: when Resurs tries again. Null: it gave up, or was told to stop (ACCEPT_REJECTED_CALLBACKS), or its schedule is not known, as that of the Merchant API",
        }),
        givesUpAt: Type.Unsafe<Date | null>({
          ...NullableTime,
          description:
            'An estimate: when Resurs tries for the last time, or did. Null: it was told to stop, or its schedule is not known',
        }),
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
