/**
 * The status API: events, deliveries, replays. Protected by a bearer token that is compared in constant time; without
 * STATUS_TOKEN these routes do not exist. Responses are JSON, errors `{"error": {"code", "message"}}`.
 */
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { Type } from 'typebox';
import { createBatcher } from '../db/batcher.ts';
import { apiError } from '../http/api-error.ts';
import type { StatusContext } from './context.ts';
import { eventRoutes } from './event-routes.ts';
import { orderRoutes } from './order-routes.ts';
import { queryFigures, renderStatus } from './overview.ts';
import { replayEventRoute, replayMatchingRoute } from './replay-routes.ts';
import { ErrorResponse, StatusResponse } from './responses.ts';
import { querySecretFigures } from './secrets.ts';

const MAX_BATCH = 1_000;

export const statusRoutes: FastifyPluginAsync<StatusContext> = async (app, options) => {
  app.addHook('onRequest', async (request, reply) => {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (options.verifyToken(token)) return;
    const error = apiError('unauthorized', 'The bearer token is missing or wrong.');
    return reply.header('www-authenticate', 'Bearer').code(401).send(error);
  });
  // Every route can reject the token and its parameters.
  app.addHook('onRoute', (route) => {
    const response = { 400: ErrorResponse, 401: ErrorResponse, ...(route.schema?.response as object | undefined) };
    route.schema = { ...route.schema, response };
  });
  // Requests that arrive during a query share the next one.
  const figures = createBatcher(async (requests: readonly null[]) => {
    const [current, secrets] = await Promise.all([queryFigures(options.db), querySecretFigures(options.secrets)]);
    return requests.map(() => renderStatus(current, secrets, options));
  }, MAX_BATCH);
  app.get('/status', { schema: { response: { 200: StatusResponse } } }, async () => {
    return figures(null);
  });
  await app.register(eventRoutes, options);
  await app.register(withoutBody(replayEventRoute), options);
  await app.register(replayMatchingRoute, options);
  await app.register(withoutBody(orderRoutes), options);
  app.get(
    '/metrics',
    { schema: { produces: ['text/plain'], response: { 200: Type.String() } } },
    async (_request, reply) => {
      return reply.type(options.registry.contentType).send(await options.registry.metrics());
    },
  );
  app.get('/openapi.json', { schema: { response: { 200: Type.Unknown() } } }, async () => app.swagger());
};

/** Makes routes that take no body accept any content type: many clients send one with every request. */
function withoutBody(routes: FastifyPluginAsync<StatusContext>): FastifyPluginAsync<StatusContext> {
  return async (app, options) => {
    ignoreBodies(app);
    await app.register(routes, options);
  };
}

function ignoreBodies(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    // Fastify rejects a malformed one before it calls any parser.
    delete request.raw.headers['content-type'];
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null, undefined);
  });
}
