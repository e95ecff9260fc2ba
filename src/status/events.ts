/** Events as they were kept, one, many, or all of a payment. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { refusal } from '../refusal.ts';
import { cursorOf, EventParams, EventsQuery, eventIdOf, PaymentParams, readEventsQuery } from './parameters.ts';
import { findEvents, paymentEvents } from './queries.ts';
import { factsOf, renderEvent } from './render.ts';
import type { StatusRoutesOptions } from './routes.ts';
import { EventsAnswer, PaymentAnswer, RefusalAnswer, WholeEventAnswer } from './schemas.ts';
import { showEvent, viewpointOf } from './show.ts';

export const eventRoutes: FastifyPluginAsyncTypebox<StatusRoutesOptions> = async (app, options) => {
  const { db } = options;
  const hasWebhook = options.webhookHealth !== null;

  app.get(
    '/events',
    { schema: { querystring: EventsQuery, response: { 200: EventsAnswer, 400: RefusalAnswer } } },
    async (request, reply) => {
      const query = readEventsQuery(request.query, hasWebhook);
      if (query.outcome === 'nothing') return { events: [], next: null };
      if (query.outcome === 'refused') {
        return reply.code(400).send(refusal('bad_request', `querystring/${query.field} ${query.problem}`));
      }
      const { rows, next } = await findEvents(db, query.filter, query.limit);
      const events = rows.map((row) => renderEvent(row, viewpointOf(options)));
      return { events, next: next === null ? null : cursorOf(next) };
    },
  );

  app.get(
    '/events/:id',
    { schema: { params: EventParams, response: { 200: WholeEventAnswer, 404: RefusalAnswer } } },
    async (request, reply) => {
      const shown = await showEvent(options, eventIdOf(request.params.id));
      if (shown === null) return reply.code(404).send(refusal('not_found', 'No such event is kept.'));
      return reply.type('application/json').send(shown);
    },
  );

  app.get(
    '/payments/:paymentId',
    { schema: { params: PaymentParams, response: { 200: PaymentAnswer, 404: RefusalAnswer } } },
    async (request, reply) => {
      const { paymentId } = request.params;
      const rows = await paymentEvents(db, paymentId);
      if (rows.length === 0) return reply.code(404).send(refusal('not_found', 'No event of this payment is kept.'));
      return { paymentId, facts: factsOf(rows), events: rows.map((row) => renderEvent(row, viewpointOf(options))) };
    },
  );
};
