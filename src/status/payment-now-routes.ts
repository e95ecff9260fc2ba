/** `GET /payments/{paymentId}/now`: what Resurs holds of a payment at this moment, and what follows for its order. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Provider } from '../db/schema.ts';
import { orderNow } from '../events/order-now.ts';
import { apiError } from '../http/api-error.ts';
import { describeFailure, type ResursFailure } from '../resurs/failure.ts';
import type { StatusContext } from './context.ts';
import { findPaymentInTime, type InTime, readEarlierFacts } from './earlier-facts.ts';
import { errorResponse } from './error-responses.ts';
import { PaymentNowResponse } from './payment-now-response.ts';
import type { PaymentReading } from './payment-reader.ts';
import { OrderParams } from './requests.ts';

const NOW = {
  operationId: 'getPaymentNow',
  summary: 'Asks Resurs for a payment, and says what it means for the order',
  params: OrderParams,
  response: {
    200: PaymentNowResponse,
    404: errorResponse('Resurs does not know the payment'),
    429: errorResponse(
      'This process asks Resurs at most ten times a minute, or too many wrong tokens came; Retry-After says how long',
    ),
    503: errorResponse('No account is set, or Resurs cannot be asked now; the message has the reason'),
  },
};

/** The answer has to leave within 5 s, and the database may take one of them. */
const READ_TIMEOUT_MS = 3_900;
/** So the usual look-up, which takes milliseconds, changes no time-out. */
const LOOKUP_STEP_MS = 100;

export const paymentNowRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  const { db, logger, payments, clock } = options;
  const never = new AbortController().signal;

  app.get('/payments/:paymentId/now', { schema: NOW }, async (request, reply) => {
    const { paymentId: name } = request.params;
    reply.header('cache-control', 'no-store');
    const startedAtMs = clock.elapsed();
    const lookup = await findPaymentInTime(db, name);
    const spentMs = Math.floor((clock.elapsed() - startedAtMs) / LOOKUP_STEP_MS) * LOOKUP_STEP_MS;
    const known = lookup.outcome === 'read' ? lookup.value : null;
    const limits = { timeoutMs: READ_TIMEOUT_MS - spentMs, signal: never };
    const reading = await payments.read({ name, known }, limits);
    switch (reading.outcome) {
      case 'found': {
        // A database that was away a moment ago is not waited for again.
        const earlier = lookup.outcome === 'read' ? await readEarlierFacts(db, reading.paymentId) : lookup;
        if (earlier.outcome === 'unknown') {
          const { reason } = earlier;
          logger.warn({ event: 'payment.facts_unknown', requestId: request.id, reason });
        }
        return paymentNow(reading, earlier);
      }
      case 'unknown':
        return reply.code(404).send(UNKNOWN);
      case 'no_account':
        return reply.code(503).send(noAccount(reading.missing));
      case 'used_up':
        return reply
          .code(429)
          .header('retry-after', String(Math.ceil(reading.waitMs / 1_000)))
          .send(TOO_MANY);
      case 'failed': {
        const reason = describeFailure(reading.failure);
        logger.warn({ event: 'payment.not_read', requestId: request.id, reason });
        const waitSeconds = retryAfter(reading.failure);
        if (waitSeconds !== null) reply.header('retry-after', String(waitSeconds));
        return reply.code(503).send(apiError('resurs', `Resurs did not tell: ${reason}.`));
      }
    }
  });
};

type Found = Extract<PaymentReading, { outcome: 'found' }>;

function paymentNow({ paymentId, provider, payment }: Found, earlier: InTime<readonly string[]>) {
  const head = { paymentId, provider, payment };
  if (earlier.outcome === 'read') return { ...head, order: orderNow(payment.state, earlier.value) };
  const earlierError = `The database did not tell what was reported: ${earlier.reason}.`;
  return { ...head, order: orderNow(payment.state, []), earlierError };
}

const UNKNOWN = apiError('unknown_payment', 'Resurs does not know this payment. Check the id, and test or production.');
const TOO_MANY = apiError(
  'too_many_requests',
  'This process asks Resurs at most ten times a minute. Ask again after the seconds of Retry-After.',
);

const ACCOUNTS: Readonly<Record<Provider, string>> = {
  'resurs-ecom': 'RESURS_USERNAME and RESURS_PASSWORD',
  'resurs-mapi': 'MAPI_CLIENT_ID and MAPI_CLIENT_SECRET',
};

function noAccount(missing: readonly Provider[]) {
  const settings = missing.map((provider) => ACCOUNTS[provider]).join(', or ');
  return apiError('no_account', `Resurs cannot be asked: set ${settings}.`);
}

const INTERNAL_ERROR = '3';

/** Returns the seconds after which the same request may succeed; null where waiting does not help. */
function retryAfter({ kind, code, waitMs }: ResursFailure): number | null {
  switch (kind) {
    case 'unreachable':
    case 'timed_out':
      return 10;
    case 'not_understood':
      return 30;
    case 'limited':
    case 'paused':
      return Math.ceil((waitMs ?? 30_000) / 1_000);
    case 'refused':
      return code === null || code === INTERNAL_ERROR ? 30 : null;
    case 'credentials':
    case 'already_exists':
    case 'does_not_exist':
      return null;
  }
}
