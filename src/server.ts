/**
 * A Fastify server with this service's rules: time-outs that end slow senders, no redirects, no header of the request
 * believed unless it came through a trusted proxy, every error answered in one form without internals.
 */
import type { IncomingMessage } from 'node:http';
import * as http from 'node:http';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { shortReason } from './errors.ts';
import type { Logger } from './logger.ts';
import { refusal } from './refusal.ts';
import type { TlsFiles } from './tls.ts';

/** Request line and headers must be complete in this time. */
const HEADERS_TIMEOUT_MS = 10_000;
/** The whole request; longer than the callbacks' own limit for a body, which gives the better answer. */
const REQUEST_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** How often Node looks for requests that are past the limits above. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;
/** A paymentId of 255 characters, percent-encoded. */
const MAX_PARAM_LENGTH = 4_096;

export interface ServerOptions {
  readonly trustProxy: readonly string[];
  readonly tls: TlsFiles | null;
  readonly logger: Logger;
  newRequestId(): string;
  /** Where a raw request target is routed to; the target itself stays readable as `originalUrl`. */
  rewriteUrl(target: string): string;
  isStopping(): boolean;
}

/** Makes the server; routes are added by the caller, who also listens and closes. */
export function createServer(options: ServerOptions): FastifyInstance {
  const limits = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
    requireHostHeader: false,
  };
  const shared = {
    logger: false,
    exposeHeadRoutes: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    return503OnClosing: false,
    trustProxy: options.trustProxy.length === 0 ? false : [...options.trustProxy],
    requestIdHeader: false,
    genReqId: options.newRequestId,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, caseSensitive: true },
    rewriteUrl: (request: IncomingMessage) => options.rewriteUrl(request.url ?? '/'),
    frameworkErrors: (_error: FastifyError, _request: unknown, reply: unknown) => {
      void (reply as FastifyReply).code(400).send(refusal('bad_request', 'The URL cannot be read.'));
    },
  } as const;
  const app: FastifyInstance =
    options.tls === null
      ? Fastify({ ...shared, http: limits })
      : (Fastify({ ...shared, https: { ...limits, ...options.tls } }) as unknown as FastifyInstance);

  for (const method of http.METHODS) {
    if (method !== 'CONNECT' && !app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: false });
  }
  // Node would invite the body before any check has run; the callback routes invite it themselves.
  app.server.on('checkContinue', (request, response) => app.routing(request, response));
  setAnswers(app, options);
  return app;
}

function setAnswers(app: FastifyInstance, options: ServerOptions): void {
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(refusal('not_found', 'There is nothing here.')));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.validation !== undefined || (error.statusCode ?? 500) < 500) {
      return reply.code(error.statusCode ?? 400).send(refusal('bad_request', error.message));
    }
    options.logger.error({
      event: 'request.failed',
      requestId: request.id,
      reason: shortReason(error),
      stack: error.stack,
    });
    return reply.code(500).send(refusal('internal', 'Something unforeseen happened; the log has it.'));
  });
  app.addHook('onSend', async (_request, reply) => {
    // Else a keep-alive connection whose request was in flight holds up the close for its whole time-out.
    if (options.isStopping()) reply.header('connection', 'close');
  });
}
