/** Orders of the shop, for ORDER_OWNERSHIP=registered, and the callbacks of orders that are not ours. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { findOrder, forgetOrder, registerOrder } from '../callbacks/orders.ts';
import { listRejections } from '../callbacks/rejections.ts';
import { refusal } from '../refusal.ts';
import { ignoreBodies } from './bodies.ts';
import { OrderParams } from './parameters.ts';
import type { StatusRoutesOptions } from './routes.ts';
import { OrderAnswer, RefusalAnswer, RejectionsAnswer } from './schemas.ts';

export const orderRoutes: FastifyPluginAsyncTypebox<StatusRoutesOptions> = async (app, { db }) => {
  ignoreBodies(app);
  const known = { 200: OrderAnswer, 404: RefusalAnswer };

  app.get('/orders/:paymentId', { schema: { params: OrderParams, response: known } }, async (request, reply) => {
    const { paymentId } = request.params;
    const registeredAt = await findOrder(db, paymentId);
    if (registeredAt === null) return reply.code(404).send(refusal('not_found', 'This order is not registered.'));
    return { paymentId, registeredAt };
  });

  const put = { 200: OrderAnswer, 201: OrderAnswer, 400: RefusalAnswer };
  app.put('/orders/:paymentId', { schema: { params: OrderParams, response: put } }, async (request, reply) => {
    const { paymentId } = request.params;
    const { isNew, registeredAt } = await registerOrder(db, paymentId);
    return reply.code(isNew ? 201 : 200).send({ paymentId, registeredAt });
  });

  const gone = { 204: Type.Null() };
  app.delete('/orders/:paymentId', { schema: { params: OrderParams, response: gone } }, async (request, reply) => {
    await forgetOrder(db, request.params.paymentId);
    return reply.code(204).send(null);
  });

  app.get('/rejections', { schema: { response: { 200: RejectionsAnswer } } }, async () => {
    return { rejections: await listRejections(db) };
  });
};
