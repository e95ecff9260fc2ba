/**
 * `/orders`: the registered orders, for ORDER_OWNERSHIP=registered and for what is asked of the Merchant API; they are
 * registered in register-order-route.ts. `/rejections`: callbacks of orders that are not ours.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { apiError } from '../http/api-error.ts';
import { findOrder, unregisterOrder } from '../ownership/orders.ts';
import { type ListedRejection, listRejections } from '../ownership/rejections.ts';
import { expectTries } from '../protocol/ecom/retry-schedule.ts';
import { MAPI_KINDS } from '../protocol/mapi/body.ts';
import type { StatusContext } from './context.ts';
import { BadRequestResponse, errorResponse } from './error-responses.ts';
import { renderOrder } from './register-order-route.ts';
import { OrderParams, RejectionsQuery } from './requests.ts';
import { OrderResponse, RejectionsResponse } from './responses.ts';

export const orderRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  const { db, clock, rejectionsEndAfterMs } = options;
  const get = {
    operationId: 'getOrder',
    summary: 'Tells whether an order is registered',
    params: OrderParams,
    response: { 200: OrderResponse, 404: errorResponse('The order is not registered') },
  };
  app.get('/orders/:paymentId', { schema: get }, async (request, reply) => {
    const { paymentId } = request.params;
    const order = await findOrder(db, paymentId);
    if (order === null) return reply.code(404).send(apiError('not_found', 'This order is not registered.'));
    return renderOrder(paymentId, order);
  });

  const remove = {
    operationId: 'unregisterOrder',
    summary: 'Removes the registration of an order',
    params: OrderParams,
    response: { 204: Type.Null({ description: 'The order is not registered, whether or not it was' }) },
  };
  app.delete('/orders/:paymentId', { schema: remove }, async (request, reply) => {
    await unregisterOrder(db, request.params.paymentId);
    return reply.code(204).send(null);
  });

  const rejections = {
    operationId: 'listRejections',
    summary: 'Lists callbacks that were refused because their order is not ours',
    querystring: RejectionsQuery,
    response: { 200: RejectionsResponse, 400: BadRequestResponse },
  };
  app.get('/rejections', { schema: rejections }, async ({ query }) => {
    const now = new Date(clock.now());
    const rows = await listRejections(db, query.limit);
    return { rejections: rows.map((row) => renderRejection(row, { now, rejectionsEndAfterMs })) };
  });
};

interface Expectation {
  readonly now: Date;
  readonly rejectionsEndAfterMs: number | null;
}

/** Renders it with Resurs' next try. Resurs has published no schedule of the Merchant API. */
function renderRejection({ orderSince, ...row }: ListedRejection, { now, rejectionsEndAfterMs }: Expectation) {
  const isAccepted =
    rejectionsEndAfterMs !== null && row.lastSeenAt.getTime() - orderSince.getTime() >= rejectionsEndAfterMs;
  if (isAccepted || MAPI_KINDS.some((kind) => kind === row.callback)) return { ...row, ...NO_TRIES };
  return { ...row, ...expectTries(row, now) };
}

const NO_TRIES = { nextTryAt: null, givesUpAt: null };
