/** Routes that take no body: whatever a client sends with its request is read past. */
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';

/** Makes routes that take no body accept any content type: many clients send one with every request. */
export function withoutBody<Options extends object>(routes: FastifyPluginAsync<Options>): FastifyPluginAsync<Options> {
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
