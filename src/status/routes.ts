/**
 * The status API: what came, what became of it, send it again. Behind a bearer token that is compared in constant time;
 * without STATUS_TOKEN these routes do not exist. Answers are JSON, refusals `{"error": {"code", "message"}}`.
 */
import type { FastifyPluginAsync } from 'fastify';
import { Type } from 'typebox';
import { createBatcher } from '../db/batcher.ts';
import { apiError } from '../http/api-error.ts';
import type { StatusContext } from './context.ts';
import { eventRoutes } from './event-routes.ts';
import { orderRoutes } from './order-routes.ts';
import { queryFigures } from './overview.ts';
import { replayEventRoute, replayMatchingRoute } from './replay-routes.ts';
import { ErrorResponse, StatusResponse } from './responses.ts';
import { renderStatus } from './status.ts';

const MAX_ASKERS = 1_000;

export const statusRoutes: FastifyPluginAsync<StatusContext> = async (app, options) => {
  app.addHook('onRequest', async (request, reply) => {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (options.isTokenRight(token)) return;
    const answer = apiError('unauthorized', 'The bearer token is missing or wrong.');
    return reply.header('www-authenticate', 'Bearer').code(401).send(answer);
  });
  // Every route can refuse the token, and what its parameters say.
  app.addHook('onRoute', (route) => {
    const response = { 400: ErrorResponse, 401: ErrorResponse, ...(route.schema?.response as object | undefined) };
    route.schema = { ...route.schema, response };
  });
  // Who asks while one is read shares the next one.
  const overviewOf = createBatcher(async (askers: readonly null[]) => {
    const overview = await queryFigures(options.db);
    return askers.map(() => overview);
  }, MAX_ASKERS);
  app.get('/status', { schema: { response: { 200: StatusResponse } } }, async () => {
    return renderStatus(await overviewOf(null), options);
  });
  await app.register(eventRoutes, options);
  await app.register(replayEventRoute, options);
  await app.register(replayMatchingRoute, options);
  await app.register(orderRoutes, options);
  app.get(
    '/metrics',
    { schema: { produces: ['text/plain'], response: { 200: Type.String() } } },
    async (_request, reply) => {
      return reply.type(options.registry.contentType).send(await options.registry.metrics());
    },
  );
  app.get('/openapi.json', { schema: { response: { 200: Type.Unknown() } } }, async () => app.swagger());
};
