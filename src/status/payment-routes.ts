/** `GET /payments/{paymentId}`: what was reported of a payment, and its events in pages. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { findPayments } from '../events/payment-lookup.ts';
import { apiError } from '../http/api-error.ts';
import { NO_CURSOR } from './action-routes.ts';
import type { StatusContext } from './context.ts';
import { BadRequestResponse, errorResponse } from './error-responses.ts';
import { PaymentResponse } from './event-responses.ts';
import { renderContext } from './event-routes.ts';
import { readReportedFacts } from './payment-facts.ts';
import { findPaymentPage } from './queries.ts';
import { renderEvent, renderFacts } from './render.ts';
import { encodeCursor, MAX_LIMIT, PageQuery, PaymentParams, parseCursor } from './requests.ts';

const GET = {
  operationId: 'getPayment',
  summary: 'Shows what was reported of a payment, and its events',
  params: PaymentParams,
  querystring: PageQuery,
  response: {
    200: PaymentResponse,
    400: BadRequestResponse,
    404: errorResponse('No event of this payment or order is stored'),
  },
};

export const paymentRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  const { db } = options;
  app.get('/payments/:paymentId', { schema: GET }, async ({ params, query }, reply) => {
    const after = parseCursor(query.cursor);
    if (after === null) return reply.code(400).send(NO_CURSOR);
    const [found, ...others] = await findPayments(db, params.paymentId);
    if (found === undefined) return reply.code(404).send(PAYMENT_NOT_FOUND);
    const { paymentId, provider } = found;
    const { rows, next } = await findPaymentPage(db, paymentId, { after: after ?? 0, limit: query.limit ?? MAX_LIMIT });
    const { times, orderReference } = await readReportedFacts(db, paymentId);
    return {
      paymentId,
      provider,
      orderReference,
      otherPaymentIds: others.map((other) => other.paymentId),
      facts: renderFacts(times),
      events: rows.map((row) => renderEvent(row, renderContext(options))),
      next: next === null ? null : encodeCursor(next),
    };
  });
};

const PAYMENT_NOT_FOUND = apiError(
  'not_found',
  'No event of this payment is stored. GET /refusals lists callbacks that this process refused lately, GET /rejections those of orders that are not ours.',
);
