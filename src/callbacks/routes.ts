/**
 * The callback routes: guards, then the handler, then the response from the table and one log line. Of the callbacks,
 * this file alone knows Fastify and HTTP.
 *
 * All of it runs in hooks, before Fastify looks at method, content type and body: source address, Basic credentials, the
 * callback. Resurs may send any content type or none, and the handler decides whether a body is read at all.
 */
import basicAuth from '@fastify/basic-auth';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { type CredentialBytes, parseBasicCredentials } from '../http/basic-credentials.ts';
import { expectsContinue, hasBody, readBody } from '../http/read-body.ts';
import { sourceOf } from '../http/source-address.ts';
import type { Clock } from '../lib/clock.ts';
import { errorCode } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { createCallbackLog } from './callback-log.ts';
import type { CallbackTargets } from './callback-target.ts';
import type { InboundCallback } from './ecom/handle.ts';
import { type ResponseName, reasonPhrase, responseBody, responseHeaders } from './responses.ts';
import { type CallbackResult, responseOf } from './result.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** By the clock of the callback routes. */
    receivedAtMs: number;
  }
}

export interface CallbackRoutesOptions {
  readonly paths: readonly string[];
  readonly targets: Pick<CallbackTargets, 'targetOf'>;
  /** Null: every address is allowed. */
  readonly isSourceAllowed: ((address: string) => boolean) | null;
  /** Null: no Basic credentials are required. */
  readonly verifyCredentials: ((given: CredentialBytes) => boolean) | null;
  handle(inbound: InboundCallback): Promise<CallbackResult>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with every response. `source` is null if it is unknown. */
  onResponse(result: CallbackResult, source: string | null, durationMs: number): void;
}

/** Registers the routes. The server must route by `CallbackTargets.rewriteUrl`. */
export const callbackRoutes: FastifyPluginAsync<CallbackRoutesOptions> = async (app, options) => {
  // Fastify measures only when it logs, and its logging is off: its lines hold URLs.
  app.decorateRequest('receivedAtMs', 0);
  const log = createCallbackLog(options.logger);
  app.addHook('onClose', async () => log.flush());
  const respond = (request: FastifyRequest, reply: FastifyReply, result: CallbackResult) => {
    const durationMs = options.clock.elapsed() - request.receivedAtMs;
    const source = sourceOf(request);
    options.onResponse(result, source, durationMs);
    log.write({ request, source, result, durationMs });
    return send(reply, result);
  };

  app.setErrorHandler((error, request, reply) => {
    const isUnauthorized =
      errorCode(error)?.startsWith('FST_BASIC_AUTH') === true || error instanceof InvalidCredentialsError;
    const response = isUnauthorized ? 'unauthorized' : 'unhandled';
    return respond(request, reply, { ...NO_CALLBACK, response, cause: isUnauthorized ? null : error });
  });

  app.addHook('onRequest', (request, reply, done) => {
    request.receivedAtMs = options.clock.elapsed();
    if (options.isSourceAllowed === null || isAllowed(sourceOf(request), options.isSourceAllowed)) return done();
    respond(request, reply, { ...NO_CALLBACK, response: 'source_not_allowed' });
  });
  if (options.verifyCredentials !== null) await requireBasicAuth(app, options.verifyCredentials);
  app.addHook('onRequest', (request, reply, done) => {
    const method = methodOf(request);
    const target = options.targets.targetOf(request.raw);
    if (method === null) return void respond(request, reply, { ...NO_CALLBACK, response: 'wrong_method' });
    if (target === null) return void respond(request, reply, { ...NO_CALLBACK, response: 'unknown_path' });
    options
      .handle(toInboundCallback(request, reply, { target, method }))
      .then((result) => respond(request, reply, result))
      .catch(done);
  });
  for (const url of options.paths) {
    app.route({ method: app.supportedMethods, url, exposeHeadRoute: false, handler: () => undefined });
  }
};

/** The result of a request that was not parsed as a callback. */
const NO_CALLBACK = { callbackType: '', paymentId: null, eventId: null, cause: null };

/** An unknown address is not allowed. */
function isAllowed(source: string | null, isSourceAllowed: (address: string) => boolean): boolean {
  return source !== null && isSourceAllowed(source);
}

class InvalidCredentialsError extends Error {}

async function requireBasicAuth(
  app: FastifyInstance,
  verifyCredentials: NonNullable<CallbackRoutesOptions['verifyCredentials']>,
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

function toInboundCallback(
  request: FastifyRequest,
  { raw: response }: FastifyReply,
  { target, method }: Pick<InboundCallback, 'target' | 'method'>,
): InboundCallback {
  return {
    target,
    method,
    hasBody: hasBody(request.raw),
    readBody() {
      if (expectsContinue(request.raw)) response.writeContinue();
      return readBody(request.raw);
    },
    onAborted(listener) {
      response.once('close', () => {
        if (!response.writableFinished) listener();
      });
    },
  };
}

/** Responses that leave the rest of a body unread: the connection cannot be reused. */
const CLOSES_CONNECTION: ReadonlySet<ResponseName> = new Set(['body_too_large', 'body_too_slow']);

function send(reply: FastifyReply, result: CallbackResult): FastifyReply {
  const response = responseOf(result);
  const { callbackType } = result;
  reply.headers(responseHeaders(response, callbackType)).header('x-request-id', reply.request.id);
  // Fastify's own function has no status above 599, which a mocked error may have.
  reply.raw.statusCode = response.status;
  reply.raw.statusMessage = reasonPhrase(response);
  if (CLOSES_CONNECTION.has(result.response)) reply.header('connection', 'close');
  if (response.status === 204) return reply.send();
  return reply.type('application/json').send(responseBody(response, callbackType));
}
