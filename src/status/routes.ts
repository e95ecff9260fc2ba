/**
 * The status API: events, deliveries, replays. Protected by bearer tokens (access.ts) that are compared in constant time;
 * without STATUS_TOKEN these routes do not exist. Responses are JSON, errors `{"error": {"code", "message"}}`.
 */
import type { FastifyPluginAsync, FastifySchema } from 'fastify';
import { Type } from 'typebox';
import { isDatabaseUnavailable } from '../db/errors.ts';
import { limitDatabase } from '../db/limited.ts';
import { apiError } from '../http/api-error.ts';
import { errorSummary } from '../lib/errors.ts';
import { refuse } from './access-refusal.ts';
import { accessRoute } from './access-route.ts';
import { actionRoutes } from './action-routes.ts';
import { alertRoutes } from './alert-routes.ts';
import type { StatusContext } from './context.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';
import { erasureRoutes } from './erasure-routes.ts';
import { BadRequestResponse, errorResponse } from './error-responses.ts';
import { eventRoutes } from './event-routes.ts';
import { eventWebhookRoute } from './event-webhook-route.ts';
import { mockErrorRoutes, setMockErrorRoute } from './mock-error-routes.ts';
import { orderRoutes } from './order-routes.ts';
import { paymentNowRoutes } from './payment-now-routes.ts';
import { paymentRoutes } from './payment-routes.ts';
import { refusalRoutes } from './refusal-routes.ts';
import { registerOrderRoute } from './register-order-route.ts';
import { replayEventRoute } from './replay-routes.ts';
import { replayTaskRoutes, startReplayRoute } from './replay-task-routes.ts';
import { shareResponses } from './shared-responses.ts';
import { simulatedCallbackRoute } from './simulated-callback-route.ts';
import { statisticsRoutes } from './statistics-routes.ts';
import { statusRoute } from './status-route.ts';
import { webhookRoutes } from './webhook-routes.ts';
import { withoutBody } from './without-body.ts';

/** The other connections of the pool are for replays, alerts and retention. */
const QUERIES = { atOnce: 2, timeoutMs: 2_000 };

/** Every route can reject the token and its parameters, and the database can fail. */
const COMMON = {
  400: BadRequestResponse,
  401: errorResponse('The bearer token is missing or wrong'),
  429: errorResponse('Too many wrong tokens from this address within a minute; Retry-After says how long'),
  500: errorResponse('An unexpected error; the log has its reason'),
  503: errorResponse('The database cannot be queried now'),
};

/** Of what changes something. */
const FORBIDDEN = errorResponse('The token may only read');

/** What depends on the token, what Resurs is asked for, and what Prometheus scrapes. */
const UNSHARED = ['/access', '/payments/:paymentId/now', '/metrics'];

export const statusRoutes: FastifyPluginAsync<StatusContext> = async (app, context) => {
  const { reading, writing } = limitDatabase(context.db, QUERIES);
  const options = { ...context, db: reading };
  const changing = { ...context, db: writing };
  // Fastify itself also parses this type. No route takes it, so it is answered 415 like every other.
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (request, reply) => refuse(reply, options.checkAccess(request)));
  shareResponses(app, { clock: options.clock, except: UNSHARED });
  app.setErrorHandler((error, request, reply) => {
    if (!isDatabaseUnavailable(error)) throw error;
    const reason = errorSummary(error);
    options.logger.warn({ event: 'request.unavailable', requestId: request.id, reason });
    const message = `The database cannot answer now: ${reason}.`;
    return reply.code(503).header('retry-after', '5').send(apiError('database', message));
  });
  app.addHook('onRoute', (route) => {
    route.schema = withCommon(route.schema ?? {}, route.method === 'GET');
  });
  await app.register(statusRoute, options);
  await app.register(accessRoute, options);
  await app.register(eventRoutes, options);
  await app.register(eventWebhookRoute, options);
  await app.register(deadLetterRoutes, options);
  await app.register(paymentRoutes, options);
  await app.register(paymentNowRoutes, options);
  await app.register(erasureRoutes, changing);
  await app.register(withoutBody(replayEventRoute), changing);
  await app.register(startReplayRoute, changing);
  await app.register(withoutBody(replayTaskRoutes), changing);
  await app.register(withoutBody(orderRoutes), changing);
  await app.register(registerOrderRoute, changing);
  await app.register(withoutBody(webhookRoutes), options);
  await app.register(simulatedCallbackRoute, changing);
  await app.register(refusalRoutes, options);
  await app.register(alertRoutes, options);
  await app.register(statisticsRoutes, options);
  await app.register(actionRoutes, options);
  const { mockErrors } = options;
  const { db } = changing;
  if (mockErrors !== null) {
    await app.register(setMockErrorRoute, { mockErrors, db });
    await app.register(withoutBody(mockErrorRoutes), { mockErrors, db });
  }
  await app.register(describingRoutes, options);
};

/** Adds the responses that every route has, and which tokens it takes. */
function withCommon(schema: FastifySchema, isReading: boolean): FastifySchema {
  const common = isReading ? COMMON : { ...COMMON, 403: FORBIDDEN };
  const security = isReading ? [{ token: [] }, { readToken: [] }] : [{ token: [] }];
  return { security, ...schema, response: { ...common, ...(schema.response as object | undefined) } };
}

/** `/metrics` for Prometheus, and the OpenAPI document. */
const describingRoutes: FastifyPluginAsync<StatusContext> = async (app, options) => {
  const metrics = {
    operationId: 'getMetrics',
    summary: 'Exposes metrics for Prometheus',
    produces: ['text/plain'],
    response: { 200: Type.String({ description: 'Metrics in the text format of Prometheus' }) },
  };
  app.get('/metrics', { schema: metrics }, async (_request, reply) => {
    return reply.type(options.registry.contentType).send(await options.registry.metrics());
  });
  const document = {
    operationId: 'getOpenApi',
    summary: 'Returns this document',
    response: { 200: Type.Unknown({ description: 'The OpenAPI document' }) },
  };
  app.get('/openapi.json', { schema: document }, async () => app.swagger());
};
