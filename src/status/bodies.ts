/** Routes that take no body take any content type: many clients name one on every request. */
import type { FastifyInstance } from 'fastify';

/** For the routes of this scope only. */
export function ignoreBodies(
  app: Pick<FastifyInstance, 'removeAllContentTypeParsers' | 'addContentTypeParser' | 'addHook'>,
): void {
  app.addHook('onRequest', async (request) => {
    // One that is malformed would be refused before any parser is asked.
    delete request.raw.headers['content-type'];
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null, undefined);
  });
}
