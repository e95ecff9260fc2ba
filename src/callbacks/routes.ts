/**
 * The callback routes of both interfaces of Resurs: guards, then the handler, then the response from the table and one log
 * line. Of the callbacks, only the routes and the responder know Fastify and HTTP.
 */
import type { FastifyPluginAsync } from 'fastify';
import type { CallbackTargets } from './callback-target.ts';
import { type EcomRoutesOptions, ecomRoutes } from './ecom/routes.ts';
import { type MapiRoutesOptions, mapiRoutes } from './mapi/routes.ts';
import { createResponder, type ResponderOptions } from './responder.ts';

export interface CallbackRoutesOptions extends ResponderOptions {
  readonly targets: CallbackTargets;
  readonly ecom: Pick<EcomRoutesOptions, 'paths' | 'verifyCredentials' | 'handle'>;
  /** Null: callbacks of the Merchant API have no path. */
  readonly mapi: Pick<MapiRoutesOptions, 'handle'> | null;
}

/** Registers the routes. The server must route by `CallbackTargets.rewriteUrl`. */
export const callbackRoutes: FastifyPluginAsync<CallbackRoutesOptions> = async (app, options) => {
  const { targets, ecom, mapi } = options;
  const responder = createResponder(app, options);
  await app.register(ecomRoutes, { ...ecom, targets, responder });
  if (mapi !== null) await app.register(mapiRoutes, { ...mapi, targets, responder });
};
