/** Events as they were kept, one, many, or all of a payment. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { findPaymentEvents } from '../events/queries.ts';
import { apiError } from '../http/api-error.ts';
import type { StatusContext } from './context.ts';
import { loadEventDetail, renderContext } from './event-detail.ts';
import { findEvents } from './queries.ts';
import { paymentFacts, renderEvent } from './render.ts';
import { EventParams, EventsQuery, encodeCursor, PaymentParams, parseEventsQuery, parsePublicId } from './requests.ts';
import { ErrorResponse, EventDetailResponse, EventsResponse, PaymentResponse } from './responses.ts';

export const eventRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  const { db } = options;
  const hasWebhook = options.webhookHealth !== null;

  app.get(
    '/events',
    { schema: { querystring: EventsQuery, response: { 200: EventsResponse, 400: ErrorResponse } } },
    async (request, reply) => {
      const query = parseEventsQuery(request.query, hasWebhook);
      if (query.outcome === 'nothing') return { events: [], next: null };
      if (query.outcome === 'refused') {
        return reply.code(400).send(apiError('bad_request', `querystring/${query.field} ${query.problem}`));
      }
      const { rows, next } = await findEvents(db, query.filter, query.limit);
      const events = rows.map((row) => renderEvent(row, renderContext(options)));
      return { events, next: next === null ? null : encodeCursor(next) };
    },
  );

  app.get(
    '/events/:id',
    { schema: { params: EventParams, response: { 200: EventDetailResponse, 404: ErrorResponse } } },
    async (request, reply) => {
      const shown = await loadEventDetail(options, parsePublicId(request.params.id));
      if (shown === null) return reply.code(404).send(apiError('not_found', 'No such event is kept.'));
      return reply.type('application/json').send(shown);
    },
  );

  app.get(
    '/payments/:paymentId',
    { schema: { params: PaymentParams, response: { 200: PaymentResponse, 404: ErrorResponse } } },
    async (request, reply) => {
      const { paymentId } = request.params;
      const rows = await findPaymentEvents(db, paymentId);
      if (rows.length === 0) return reply.code(404).send(apiError('not_found', 'No event of this payment is kept.'));
      return {
        paymentId,
        facts: paymentFacts(rows),
        events: rows.map((row) => renderEvent(row, renderContext(options))),
      };
    },
  );
};
