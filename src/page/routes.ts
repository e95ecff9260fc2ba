/**
 * The page for people, `GET /ui/`. It needs no token, because it shows nothing by itself: what it shows it asks the
 * status API, with the token that its reader gives. All its addresses are relative, so it works below any prefix that a
 * proxy removes.
 */
import type { FastifyPluginAsync, RouteHandlerMethod } from 'fastify';
import { type PageFile, readPageFiles } from './files.ts';
import { PAGE_HEADERS } from './headers.ts';

const FOLDER = '/ui/';

export const pageRoutes: FastifyPluginAsync = async (app) => {
  const serve = (url: string, handler: RouteHandlerMethod) => {
    app.route({ method: ['GET', 'HEAD'], url, schema: { hide: true }, handler });
  };
  // Relative, because only the browser knows the prefix.
  serve('/ui', (_request, reply) => reply.headers(PAGE_HEADERS).code(308).header('location', 'ui/').send());
  for (const [name, file] of readPageFiles()) {
    serve(`${FOLDER}${name}`, (request, reply) => {
      reply.headers(PAGE_HEADERS).header('etag', file.etag);
      if (isCurrent(request.headers['if-none-match'], file)) return reply.code(304).send();
      return reply.type(file.contentType).send(file.bytes);
    });
  }
  serve(`${FOLDER}*`, (_request, reply) => reply.headers(PAGE_HEADERS).callNotFound());
};

/** Compares weakly, as RFC 9110 asks: a proxy that compresses makes `W/"…"` of an ETag. */
function isCurrent(ifNoneMatch: string | undefined, { etag }: PageFile): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => [etag, '*'].includes(tag.trim().replace(/^W\//, '')));
}
