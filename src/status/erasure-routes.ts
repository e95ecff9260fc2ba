/** `DELETE /payments/{paymentId}`: erases what was stored of a customer, for requests under GDPR. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type EraseResult, erasePayment } from '../events/erase.ts';
import { findPayments, type KnownPayment } from '../events/payment-lookup.ts';
import { apiError } from '../http/api-error.ts';
import { isUuid } from '../protocol/mapi/body.ts';
import type { StatusContext } from './context.ts';
import { BadRequestResponse, errorResponse, withBodyErrors } from './error-responses.ts';
import { operatorOf } from './operator.ts';
import { EraseBody, PaymentParams } from './requests.ts';

const ERASE = {
  operationId: 'erasePayment',
  summary: "Erases the content of a payment's events and keeps their types, times and ids",
  params: PaymentParams,
  body: EraseBody,
  response: withBodyErrors({
    204: Type.Null({ description: 'Nothing that is erasable is stored of the payment now, whether or not it was' }),
    400: BadRequestResponse,
    404: errorResponse('No event of a payment with this id is stored'),
    409: errorResponse('A delivery of the payment is not finished'),
  }),
};

export const erasureRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, { db, logger }) => {
  app.delete('/payments/:paymentId', { schema: ERASE, preValidation: refuseOtherTypes }, async (request, reply) => {
    const { paymentId: name } = request.params;
    if (!isSameId(request.body.confirm, name)) {
      return reply.code(400).send(apiError('bad_request', 'body/confirm must be the paymentId of the path'));
    }
    const found = await findPayments(db, name);
    const payment = found.find(({ paymentId }) => paymentId === name) ?? found.find((one) => isOfMapi(one, name));
    if (payment === undefined) return reply.code(404).send(notFound(found));
    const erasedBy = operatorOf(request);
    const erased: EraseResult = await erasePayment(db, payment, erasedBy);
    switch (erased.outcome) {
      case 'absent':
        return reply.code(404).send(notFound([]));
      case 'unfinished':
        return reply.code(409).send(UNFINISHED);
      case 'erased': {
        const { events } = erased;
        const { paymentId, provider } = payment;
        if (events > 0) logger.info({ event: 'payment.erased', paymentId, provider, events, erasedBy });
        return reply.code(204).send(null);
      }
    }
  });
};

const UNFINISHED = apiError(
  'unfinished',
  'An event of this payment is still to be delivered, so its content is needed. GET /payments/{paymentId} shows which one.',
);

const MAX_NAMED = 5;

/** An order may have several payments, so its reference never says which one is meant. */
function notFound(others: readonly KnownPayment[]) {
  if (others.length === 0) return apiError('not_found', 'No event of this payment is stored.');
  const ids = others
    .slice(0, MAX_NAMED)
    .map(({ paymentId }) => paymentId)
    .join(', ');
  return apiError('not_found', `This is the reference of an order, and not the id of a payment: ${ids}.`);
}

/** Only ids of the Merchant API are the same in any case. */
function isOfMapi({ paymentId, provider }: KnownPayment, name: string): boolean {
  return provider === 'resurs-mapi' && paymentId === name.toLowerCase();
}

function isSameId(confirm: string, name: string): boolean {
  return confirm === name || (isUuid(name) && confirm.toLowerCase() === name.toLowerCase());
}

/** Fastify would turn 7 into "7" before it validates, and a confirmation must be exactly that. */
async function refuseOtherTypes({ body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (typeof body !== 'object' || body === null) {
    return reply
      .code(400)
      .send(apiError('bad_request', 'body must be an object with confirm, the paymentId of the path'));
  }
  if (!('confirm' in body) || typeof body.confirm === 'string') return undefined;
  return reply.code(400).send(apiError('bad_request', 'body/confirm must be string'));
}
