/**
 * `/orders`: the registered orders for ORDER_OWNERSHIP=registered. `/rejections`: callbacks of orders that are not
 * ours.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { apiError } from '../http/api-error.ts';
import { findOrder, registerOrder, unregisterOrder } from '../ownership/orders.ts';
import { listRejections } from '../ownership/rejections.ts';
import type { StatusContext } from './context.ts';
import { OrderParams } from './requests.ts';
import { ErrorResponse, OrderResponse, RejectionsResponse } from './responses.ts';

export const orderRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, { db }) => {
  const found = { 200: OrderResponse, 404: ErrorResponse };

  app.get('/orders/:paymentId', { schema: { params: OrderParams, response: found } }, async (request, reply) => {
    const { paymentId } = request.params;
    const registeredAt = await findOrder(db, paymentId);
    if (registeredAt === null) return reply.code(404).send(apiError('not_found', 'This order is not registered.'));
    return { paymentId, registeredAt };
  });

  const put = { 200: OrderResponse, 201: OrderResponse, 400: ErrorResponse };
  app.put('/orders/:paymentId', { schema: { params: OrderParams, response: put } }, async (request, reply) => {
    const { paymentId } = request.params;
    const { isNew, registeredAt } = await registerOrder(db, paymentId);
    return reply.code(isNew ? 201 : 200).send({ paymentId, registeredAt });
  });

  const deleted = { 204: Type.Null() };
  app.delete('/orders/:paymentId', { schema: { params: OrderParams, response: deleted } }, async (request, reply) => {
    await unregisterOrder(db, request.params.paymentId);
    return reply.code(204).send(null);
  });

  app.get('/rejections', { schema: { response: { 200: RejectionsResponse } } }, async () => {
    return { rejections: await listRejections(db) };
  });
};
