/**
 * The route of the Merchant API's callbacks. Every request on one of their paths is routed here, whatever its path and
 * method are, so that no Basic credentials are asked of it.
 */
import type { FastifyPluginAsync } from 'fastify';
import { type CallbackTargets, MAPI_ROUTE } from '../callback-target.ts';
import { inboundBody, NO_CALLBACK, type Responder } from '../responder.ts';
import type { CallbackResult } from '../result.ts';
import type { InboundMapiCallback } from './handle.ts';

export interface MapiRoutesOptions {
  readonly targets: Pick<CallbackTargets, 'mapiTargetOf'>;
  readonly responder: Responder;
  handle(inbound: InboundMapiCallback): Promise<CallbackResult>;
}

/** Registers the route. The server must route by `CallbackTargets.rewriteUrl`. */
export const mapiRoutes: FastifyPluginAsync<MapiRoutesOptions> = async (app, { targets, responder, handle }) => {
  const respond = responder.guard(app, 'resurs-mapi');
  app.setErrorHandler((error, request, reply) => {
    return respond(request, reply, { ...NO_CALLBACK, response: 'unhandled', cause: error });
  });
  app.addHook('onRequest', (request, reply, done) => {
    const target = targets.mapiTargetOf(request.raw);
    // A stranger asked for the route itself, which is no path of the outside.
    if (target === null) return void reply.callNotFound();
    handle({ ...inboundBody(request, reply), target, isPost: request.method === 'POST' })
      .then((result) => respond(request, reply, result))
      .catch(done);
  });
  app.route({ method: app.supportedMethods, url: MAPI_ROUTE, exposeHeadRoute: false, handler: () => undefined });
};
