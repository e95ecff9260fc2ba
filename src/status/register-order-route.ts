/**
 * `PUT /orders/{reference}`: registers an order of the shop. A JSON body says that it is paid with the Merchant API: then
 * Resurs is asked for it when nothing comes of it. Many clients send a content type with every request, so without a
 * body, or with one that is not JSON, only the order itself counts.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { isOrderReference } from '../accounts/order-search.ts';
import { apiError } from '../http/api-error.ts';
import { registerMapiOrder, registerOrder, type StoredOrder } from '../ownership/orders.ts';
import type { StatusContext } from './context.ts';
import { errorResponse } from './error-responses.ts';
import { OrderBody, OrderParams } from './requests.ts';
import { OrderResponse } from './responses.ts';

const JSON_TYPE = /^\s*application\/json\s*(?:;|$)/i;

const SCHEMA = {
  operationId: 'registerOrder',
  summary: 'Registers an order of the shop: its callbacks are ours, and one of the Merchant API is asked for',
  params: OrderParams,
  body: OrderBody,
  response: {
    200: Type.Object(OrderResponse.properties, { description: 'The order was registered before' }),
    201: Type.Object(OrderResponse.properties, { description: 'The order is registered now' }),
    413: errorResponse('The body is too large'),
  },
};

export const registerOrderRoute: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  takeJsonOrNothing(app);
  app.put('/orders/:paymentId', { schema: SCHEMA, preValidation: prepareBody }, async (request, reply) => {
    const { paymentId: reference } = request.params;
    const { provider, paymentId } = request.body;
    if (provider === undefined) {
      if (paymentId !== undefined) return refuse(reply, 'body/provider must be resurs-mapi where a paymentId is given');
      const order = await registerOrder(options.db, reference);
      return reply.code(order.isNew ? 201 : 200).send(renderOrder(reference, order));
    }
    if (!isOrderReference(reference)) {
      return refuse(
        reply,
        'params/paymentId must be a reference that the Merchant API takes: 1 to 36 letters, digits, - and _',
      );
    }
    const dueAt = new Date(options.clock.now() + options.reconcileGraceMs);
    const payment = { paymentId: paymentId?.toLowerCase() ?? null, dueAt };
    const order = await registerMapiOrder(options.db, reference, payment);
    return reply.code(order.isNew ? 201 : 200).send(renderOrder(reference, order));
  });
};

/** Renders an order. In the Merchant API its name is the reference, and its payment has an id of its own. */
export function renderOrder(name: string, { provider, paymentReference, registeredAt }: StoredOrder) {
  if (provider === null) return { paymentId: name, registeredAt };
  return { orderReference: name, provider, paymentId: paymentReference, registeredAt };
}

function refuse(reply: FastifyReply, problem: string): never {
  return reply.code(400).send(apiError('bad_request', problem)) as never;
}

/** Parses a JSON body that is not empty, and reads past any other. */
function takeJsonOrNothing(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => {
    // Fastify rejects a malformed type before it calls any parser.
    if (JSON_TYPE.test(raw.headers['content-type'] ?? '')) raw.headers['content-type'] = 'application/json';
    else delete raw.headers['content-type'];
  });
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body.toString(), done);
  });
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null, undefined);
  });
}

/** No body is an order and nothing else. Fastify makes texts of numbers before it validates, so those are refused here. */
async function prepareBody(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (request.body === undefined) request.body = {};
  if (typeof request.body !== 'object' || request.body === null) return undefined;
  for (const [name, value] of Object.entries(request.body)) {
    if (typeof value !== 'string') return reply.code(400).send(apiError('bad_request', `body/${name} must be string`));
  }
  return undefined;
}
