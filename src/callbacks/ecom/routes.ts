/**
 * The routes of eCom's callbacks: Basic credentials, then the handler. All of it runs in hooks, before Fastify looks at
 * method, content type and body: Resurs may send any content type or none, and the handler decides whether a body is
 * read at all.
 */
import basicAuth from '@fastify/basic-auth';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { type CredentialBytes, parseBasicCredentials } from '../../http/basic-credentials.ts';
import { errorCode } from '../../lib/errors.ts';
import type { CallbackTargets } from '../callback-target.ts';
import { inboundBody, NO_CALLBACK, type Responder } from '../responder.ts';
import type { CallbackResult } from '../result.ts';
import type { InboundCallback } from './handle.ts';

export interface EcomRoutesOptions {
  readonly paths: readonly string[];
  readonly targets: Pick<CallbackTargets, 'targetOf'>;
  readonly responder: Responder;
  /** Null: no Basic credentials are required. */
  readonly verifyCredentials: ((given: CredentialBytes) => boolean) | null;
  handle(inbound: InboundCallback): Promise<CallbackResult>;
}

/** Registers the routes. The server must route by `CallbackTargets.rewriteUrl`. */
export const ecomRoutes: FastifyPluginAsync<EcomRoutesOptions> = async (app, options) => {
  const respond = options.responder.guard(app, 'resurs-ecom');
  app.setErrorHandler((error, request, reply) => {
    const isUnauthorized =
      errorCode(error)?.startsWith('FST_BASIC_AUTH') === true || error instanceof InvalidCredentialsError;
    const response = isUnauthorized ? 'unauthorized' : 'unhandled';
    return respond(request, reply, { ...NO_CALLBACK, response, cause: isUnauthorized ? null : error });
  });
  if (options.verifyCredentials !== null) await requireBasicAuth(app, options.verifyCredentials);
  app.addHook('onRequest', (request, reply, done) => {
    const method = methodOf(request);
    const target = options.targets.targetOf(request.raw);
    if (method === null) return void respond(request, reply, { ...NO_CALLBACK, response: 'wrong_method' });
    if (target === null) return void respond(request, reply, { ...NO_CALLBACK, response: 'unknown_path' });
    options
      .handle({ ...inboundBody(request, reply), target, method })
      .then((result) => respond(request, reply, result))
      .catch(done);
  });
  for (const url of options.paths) {
    app.route({ method: app.supportedMethods, url, exposeHeadRoute: false, handler: () => undefined });
  }
};

class InvalidCredentialsError extends Error {}

async function requireBasicAuth(
  app: FastifyInstance,
  verifyCredentials: NonNullable<EcomRoutesOptions['verifyCredentials']>,
): Promise<void> {
  await app.register(basicAuth, {
    authenticate: { realm: 'callbacks' },
    // Several blanks behind the scheme are accepted.
    strictCredentials: false,
    // The plugin has decoded them as UTF-8, but they may be ISO-8859-1: only their bytes can be compared.
    validate(_username, _password, request, _reply, done) {
      const given = parseBasicCredentials(request.headers.authorization);
      done(given !== null && verifyCredentials(given) ? undefined : new InvalidCredentialsError());
    },
  });
  app.addHook('onRequest', (request, reply, done) => app.basicAuth(request, reply, done));
}

function methodOf({ method }: FastifyRequest): 'GET' | 'POST' | null {
  return method === 'GET' || method === 'POST' ? method : null;
}
