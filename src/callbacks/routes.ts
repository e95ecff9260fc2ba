/**
 * The callback routes: guards, then the intake, then the answer from the table and one log line. Everything that is
 * about HTTP is here and nothing else is.
 *
 * The guards run as hooks, before the body: source address, then Basic credentials. A body is never handed to
 * Fastify's parsers, since Resurs may send any content type or none, and the intake decides whether it is read at all.
 */
import basicAuth from '@fastify/basic-auth';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { hasBody, readBody } from '../http/read-body.ts';
import type { Clock } from '../lib/clock.ts';
import { errorCode } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { logCallback } from './callback-log.ts';
import type { InboundCallback } from './ecom/handle.ts';
import { createLogLimiter } from './log-limiter.ts';
import { answerHeaders, RESPONSES, type ResponseName, responseBody } from './responses.ts';
import type { CallbackResult } from './result.ts';

export interface CallbackRoutesOptions {
  readonly paths: readonly string[];
  /** Null: any address may come. */
  readonly isSourceAllowed: ((address: string) => boolean) | null;
  /** Null: no Basic credentials are asked for. */
  readonly verifyCredentials: ((given: { username: string; password: string }) => boolean) | null;
  handle(arriving: InboundCallback): Promise<CallbackResult>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of every answer, for the counters. */
  onResponse(answer: ResponseName, type: string, durationMs: number): void;
}

/** Registers the routes. Paths below a callback path must have been rewritten to it, see app.ts. */
export const callbackRoutes: FastifyPluginAsync<CallbackRoutesOptions> = async (app, options) => {
  // Fastify measures only when it logs, which it is told not to: its lines hold URLs.
  const cameAtMs = new WeakMap<FastifyRequest, number>();
  const NO_CALLBACK = { callbackType: '', paymentId: null, eventId: null, cause: null };
  const lines = createLogLimiter(options.logger);
  app.addHook('onClose', async () => lines.flush());
  const respond = (request: FastifyRequest, response: FastifyReply, taken: CallbackResult) => {
    const durationMs = options.clock.elapsed() - (cameAtMs.get(request) ?? 0);
    options.onResponse(taken.response, taken.callbackType, durationMs);
    if (lines.shouldLog(taken)) logCallback(options.logger, { request, taken, durationMs });
    return send(response, taken.response, taken.callbackType);
  };

  app.setErrorHandler((error, request, response) => {
    const isUnauthorized =
      errorCode(error)?.startsWith('FST_BASIC_AUTH') === true || error instanceof InvalidCredentialsError;
    const answer = isUnauthorized ? 'unauthorized' : 'unhandled';
    return respond(request, response, { ...NO_CALLBACK, response: answer, cause: isUnauthorized ? null : error });
  });

  app.addHook('onRequest', async (request, response) => {
    cameAtMs.set(request, options.clock.elapsed());
    // A malformed content type would be answered 415 before any of our code runs.
    delete request.raw.headers['content-type'];
    if (options.isSourceAllowed?.(request.ip) === false) {
      return respond(request, response, { ...NO_CALLBACK, response: 'source_not_allowed' });
    }
  });
  if (options.verifyCredentials !== null) await requireBasicAuth(app, options.verifyCredentials);

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  // As a hook, since Fastify refuses some methods by itself before a handler.
  app.addHook('onRequest', async (request, response) => {
    if (methodOf(request) === null) return respond(request, response, { ...NO_CALLBACK, response: 'wrong_method' });
  });
  const handler = async (request: FastifyRequest, response: FastifyReply) => {
    return respond(request, response, await options.handle(toInboundCallback(request, response)));
  };
  for (const url of options.paths) {
    app.route({ method: app.supportedMethods, url, exposeHeadRoute: false, handler });
  }
};

class InvalidCredentialsError extends Error {}

async function requireBasicAuth(
  app: FastifyInstance,
  areRight: NonNullable<CallbackRoutesOptions['verifyCredentials']>,
): Promise<void> {
  await app.register(basicAuth, {
    authenticate: { realm: 'callbacks' },
    validate: async (username, password) => {
      if (!areRight({ username, password })) throw new InvalidCredentialsError();
    },
  });
  app.addHook('onRequest', (request, response, done) => app.basicAuth(request, response, done));
}

function methodOf({ method }: FastifyRequest): 'GET' | 'POST' | null {
  return method === 'GET' || method === 'POST' ? method : null;
}

function toInboundCallback(request: FastifyRequest, response: FastifyReply): InboundCallback {
  return {
    target: request.originalUrl,
    basePath: request.routeOptions.url ?? '/',
    method: methodOf(request) ?? 'GET',
    hasBody: hasBody(request.raw),
    async readBody() {
      if (/^100-continue$/i.test(request.headers.expect ?? '')) response.raw.writeContinue();
      return readBody(request.raw);
    },
    onClientGone(react) {
      response.raw.once('close', () => {
        if (!response.raw.writableFinished) react();
      });
    },
  };
}

/** Answers that leave the rest of a body unread for good: the connection cannot be used again. */
const CLOSES_CONNECTION: ReadonlySet<ResponseName> = new Set(['body_too_large', 'body_too_slow']);

function send(response: FastifyReply, name: ResponseName, actual: string): FastifyReply {
  const answer = RESPONSES[name];
  response.code(answer.status).headers(answerHeaders(answer, actual)).header('x-request-id', response.request.id);
  response.raw.statusMessage = answer.reason;
  if (CLOSES_CONNECTION.has(name)) response.header('connection', 'close');
  if (answer.status === 204) return response.send();
  return response.type('application/json').send(responseBody(answer, actual));
}
