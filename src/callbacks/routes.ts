/**
 * The callback routes: guards, then the intake, then the answer from the table and one log line. Everything that is
 * about HTTP is here and nothing else is.
 *
 * The guards run as hooks, before the body: source address, then Basic credentials. A body is never handed to
 * Fastify's parsers, since Resurs may send any content type or none, and the intake decides whether it is read at all.
 */
import basicAuth from '@fastify/basic-auth';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import { errorCodeOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { ANSWERS, type AnswerName, answerBody, answerHeaders } from './answers.ts';
import { hasBody, readBody } from './body.ts';
import type { Arriving, Taken } from './intake.ts';
import { createLineLimit } from './line-limit.ts';
import { logCallback } from './log.ts';

export interface CallbackRoutesOptions {
  readonly paths: readonly string[];
  /** Null: any address may come. */
  readonly isSourceAllowed: ((address: string) => boolean) | null;
  /** Null: no Basic credentials are asked for. */
  readonly areCredentialsRight: ((given: { username: string; password: string }) => boolean) | null;
  intake(arriving: Arriving): Promise<Taken>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of every answer, for the counters. */
  onAnswer(answer: AnswerName, type: string, durationMs: number): void;
}

/** Registers the routes. Paths below a callback path must have been rewritten to it, see app.ts. */
export const callbackRoutes: FastifyPluginAsync<CallbackRoutesOptions> = async (app, options) => {
  // Fastify measures only when it logs, which it is told not to: its lines hold URLs.
  const cameAtMs = new WeakMap<FastifyRequest, number>();
  const nothing = { actual: '', paymentId: null, eventId: null, cause: null };
  const lines = createLineLimit(options.logger);
  app.addHook('onClose', async () => lines.flush());
  const reply = (request: FastifyRequest, response: FastifyReply, taken: Taken) => {
    const durationMs = options.clock.elapsed() - (cameAtMs.get(request) ?? 0);
    options.onAnswer(taken.answer, taken.actual, durationMs);
    if (lines.admits(taken)) logCallback(options.logger, { request, taken, durationMs });
    return send(response, taken.answer, taken.actual);
  };

  app.setErrorHandler((error, request, response) => {
    const isUnauthorized =
      errorCodeOf(error)?.startsWith('FST_BASIC_AUTH') === true || error instanceof WrongCredentials;
    const answer = isUnauthorized ? 'unauthorized' : 'unhandled';
    return reply(request, response, { ...nothing, answer, cause: isUnauthorized ? null : error });
  });

  app.addHook('onRequest', async (request, response) => {
    cameAtMs.set(request, options.clock.elapsed());
    // A malformed content type would be answered 415 before any of our code runs.
    delete request.raw.headers['content-type'];
    if (options.isSourceAllowed?.(request.ip) === false) {
      return reply(request, response, { ...nothing, answer: 'source_not_allowed' });
    }
  });
  if (options.areCredentialsRight !== null) await demandCredentials(app, options.areCredentialsRight);

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  // As a hook, since Fastify refuses some methods by itself before a handler.
  app.addHook('onRequest', async (request, response) => {
    if (methodOf(request) === null) return reply(request, response, { ...nothing, answer: 'wrong_method' });
  });
  const handler = async (request: FastifyRequest, response: FastifyReply) => {
    return reply(request, response, await options.intake(arrivingOf(request, response)));
  };
  for (const url of options.paths) {
    app.route({ method: app.supportedMethods, url, exposeHeadRoute: false, handler });
  }
};

class WrongCredentials extends Error {}

async function demandCredentials(
  app: FastifyInstance,
  areRight: NonNullable<CallbackRoutesOptions['areCredentialsRight']>,
): Promise<void> {
  await app.register(basicAuth, {
    authenticate: { realm: 'callbacks' },
    validate: async (username, password) => {
      if (!areRight({ username, password })) throw new WrongCredentials();
    },
  });
  app.addHook('onRequest', (request, response, done) => app.basicAuth(request, response, done));
}

function methodOf({ method }: FastifyRequest): 'GET' | 'POST' | null {
  return method === 'GET' || method === 'POST' ? method : null;
}

function arrivingOf(request: FastifyRequest, response: FastifyReply): Arriving {
  return {
    target: request.originalUrl,
    basePath: request.routeOptions.url ?? '/',
    method: methodOf(request) ?? 'GET',
    hasBody: hasBody(request.raw),
    async readBody() {
      if (/^100-continue$/i.test(request.headers.expect ?? '')) response.raw.writeContinue();
      return readBody(request.raw);
    },
    onUnanswered(react) {
      response.raw.once('close', () => {
        if (!response.raw.writableFinished) react();
      });
    },
  };
}

/** Answers that leave the rest of a body unread for good: the connection cannot be used again. */
const ENDS_CONNECTION: ReadonlySet<AnswerName> = new Set(['body_too_large', 'body_too_slow']);

function send(response: FastifyReply, name: AnswerName, actual: string): FastifyReply {
  const answer = ANSWERS[name];
  response.code(answer.status).headers(answerHeaders(answer, actual)).header('x-request-id', response.request.id);
  response.raw.statusMessage = answer.reason;
  if (ENDS_CONNECTION.has(name)) response.header('connection', 'close');
  if (answer.status === 204) return response.send();
  return response.type('application/json').send(answerBody(answer, actual));
}
