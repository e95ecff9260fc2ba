/** `GET /payments/{paymentId}`: what was reported of a payment, and its events in pages. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { findPayments } from '../events/payment-lookup.ts';
import type { EventRow } from '../events/queries.ts';
import { apiError } from '../http/api-error.ts';
import { NO_CURSOR } from './action-routes.ts';
import { findLastAttempts, type ListedAttempts } from './attempt-queries.ts';
import type { StatusContext } from './context.ts';
import { BadRequestResponse, errorResponse } from './error-responses.ts';
import { PaymentResponse } from './event-responses.ts';
import { renderContext } from './event-routes.ts';
import { readReportedFacts } from './payment-facts.ts';
import { findPaymentPage } from './queries.ts';
import { renderEvent, renderFacts } from './render.ts';
import { encodeCursor, MAX_LIMIT, PageQuery, PaymentParams, parseCursor } from './requests.ts';

/** The most events of a page that come with their attempts. */
const MAX_WITH_ATTEMPTS = 50;
const PaymentQuery = Type.Object(
  {
    ...PageQuery.properties,
    order: Type.Optional(
      Type.Enum(['oldest', 'newest'], {
        default: 'oldest',
        description: 'Which events come first; a cursor needs the same again',
      }),
    ),
    attempts: Type.Optional(
      Type.Boolean({
        default: false,
        description: `Each event with its last 100 attempts; a page then has at most ${MAX_WITH_ATTEMPTS} events, whatever the limit is`,
      }),
    ),
  },
  { additionalProperties: false },
);

const GET = {
  operationId: 'getPayment',
  summary: 'Shows what was reported of a payment, and its events',
  params: PaymentParams,
  querystring: PaymentQuery,
  response: {
    200: PaymentResponse,
    400: BadRequestResponse,
    404: errorResponse('No event of this payment or order is stored'),
  },
};

export const paymentRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  const { db } = options;
  app.get('/payments/:paymentId', { schema: GET }, async ({ params, query }, reply) => {
    const behind = parseCursor(query.cursor);
    if (behind === null) return reply.code(400).send(NO_CURSOR);
    const [found, ...others] = await findPayments(db, params.paymentId);
    if (found === undefined) return reply.code(404).send(PAYMENT_NOT_FOUND);
    const { paymentId, provider } = found;
    const { order = 'oldest', attempts: withAttempts = false, limit = MAX_LIMIT } = query;
    const page = { order, behind: behind ?? null, limit: withAttempts ? Math.min(limit, MAX_WITH_ATTEMPTS) : limit };
    const { rows, next } = await findPaymentPage(db, paymentId, page);
    const sequences = rows.map(({ sequence }) => sequence);
    const attempts = withAttempts ? await findLastAttempts(db, sequences) : null;
    const { times, orderReference } = await readReportedFacts(db, paymentId);
    return {
      paymentId,
      provider,
      orderReference,
      otherPaymentIds: others.map((other) => other.paymentId),
      facts: renderFacts(times),
      events: rows.map((row) => ({ ...renderEvent(row, renderContext(options)), ...attemptsOf(row, attempts) })),
      next: next === null ? null : encodeCursor(next),
    };
  });
};

/** `found` is null when no attempts are asked for. */
function attemptsOf({ sequence }: EventRow, found: ReadonlyMap<number, ListedAttempts> | null) {
  if (found === null) return {};
  const { attempts = [], omitted = 0 } = found.get(sequence) ?? {};
  return { attempts: [...attempts], ...(omitted === 0 ? {} : { attemptsOmitted: omitted }) };
}

const PAYMENT_NOT_FOUND = apiError(
  'not_found',
  'No event of this payment is stored. GET /refusals lists callbacks that this process refused lately, GET /rejections those of orders that are not ours.',
);
