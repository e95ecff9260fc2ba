/**
 * Runs the upper limit: the service's own Fastify with its options, and a handler that only responds as the service
 * does. It reads no body, checks no digest, uses no database and logs nothing.
 */
import { randomUUID } from 'node:crypto';
import { createCallbackTargets } from '../../src/callbacks/callback-target.ts';
import { RESPONSES, responseHeaders } from '../../src/callbacks/responses.ts';
import { createServer } from '../../src/http/server.ts';
import { runVariant } from './variant.ts';

await runVariant(async ({ config, logger }) => {
  const server = createServer({
    trustProxy: config.TRUST_PROXY,
    tls: null,
    logger,
    newRequestId: randomUUID,
    rewriteUrl: createCallbackTargets(config.CALLBACK_PATHS, []).rewriteUrl,
    isStopping: () => false,
    onRefused: () => undefined,
  });
  const { app } = server;
  const response = RESPONSES.recorded;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  for (const url of config.CALLBACK_PATHS) {
    app.route({
      method: ['GET', 'POST'],
      url,
      handler: async (request, reply) => {
        reply.code(response.status).headers(responseHeaders(response, 'BOOKED', 'resurs-ecom'));
        reply.header('x-request-id', request.id);
        reply.raw.statusMessage = response.reason;
        return reply.send();
      },
    });
  }
  await app.listen({ host: config.HOST, port: config.PORT });
  return { close: () => server.close(0) };
});
