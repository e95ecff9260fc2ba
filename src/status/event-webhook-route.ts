/** `GET /events/{id}/webhook`: the request that the merchant gets for an event. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { parsePublicId } from '../events/public-id.ts';
import { findStoredEvent } from '../events/stored-event.ts';
import { apiError } from '../http/api-error.ts';
import { findLastAttempt } from './attempt-queries.ts';
import type { StatusContext } from './context.ts';
import { errorResponse } from './error-responses.ts';
import { EVENT_NOT_FOUND } from './event-routes.ts';
import { hasDelivery } from './queries.ts';
import { EventParams } from './requests.ts';
import { NullableText, NullableTime } from './response-types.ts';

export const EventWebhookResponse = Type.Object(
  {
    method: Type.Literal('POST'),
    url: Type.Unsafe<string | null>({ ...NullableText, description: 'WEBHOOK_URL, its query masked; null: not set' }),
    headers: Type.Record(Type.String(), Type.String(), {
      description:
        'Signature and authorization are masked; those of the connection (host, content-length) are left out',
    }),
    body: Type.String({ description: 'Exactly the text that is sent' }),
    sentAt: Type.Unsafe<Date | null>({
      ...NullableTime,
      description:
        'When the last attempt was started: webhook-timestamp and webhook-attempt are those of this attempt. Null before the first one: they are those of one that is made now',
    }),
  },
  { description: 'The request of the last attempt, or of the first one to come, rendered from what is stored now' },
);

const GET = {
  operationId: 'getEventWebhook',
  summary: 'Shows the request that the webhook gets for an event',
  params: EventParams,
  response: {
    200: EventWebhookResponse,
    404: errorResponse('No such event is stored'),
    409: errorResponse('The event has no delivery: it is never sent'),
  },
};

export const eventWebhookRoute: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  const { db, clock, previewRequest } = options;
  app.get('/events/:id/webhook', { schema: GET }, async (request, reply) => {
    const id = parsePublicId(request.params.id);
    const event = id === null ? null : await findStoredEvent(db, id);
    if (event === null) return reply.code(404).send(EVENT_NOT_FOUND);
    if (!(await hasDelivery(db, event.sequence))) return reply.code(409).send(NO_DELIVERY);
    const last = await findLastAttempt(db, event.sequence);
    const sentAt = last?.startedAt ?? null;
    const timestamp = Math.floor((sentAt?.getTime() ?? clock.now()) / 1000);
    return { ...previewRequest(event, { attempt: last?.number ?? 1, timestamp }), sentAt };
  });
};

const NO_DELIVERY = apiError('no_delivery', 'This event is not forwarded, so nothing is sent.');
