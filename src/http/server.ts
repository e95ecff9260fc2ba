/**
 * A Fastify server with this service's rules: time-outs that end slow senders, no redirects, no header of the request
 * believed unless it came through a trusted proxy, every error answered in one form without internals.
 */
import * as http from 'node:http';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { apiError } from './api-error.ts';
import { trackConnections } from './connections.ts';
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

export interface HttpServer {
  readonly app: FastifyInstance;
  /**
   * Stops listening, lets requests in flight have their answers for `graceMs` at most, and ends every connection.
   * Connections on which no request has come, or not a whole one, are ended at once.
   */
  close(graceMs: number): Promise<void>;
}

/** Makes the server; routes are added by the caller, who also listens. */
export function createServer(options: ServerOptions): HttpServer {
  const app = createApp(options);
  for (const method of http.METHODS) {
    if (method !== 'CONNECT' && !app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: false });
  }
  const connections = trackConnections(app);
  // Node would invite the body before any check has run; the callback routes invite it themselves.
  for (const event of ['checkContinue', 'checkExpectation']) {
    app.server.on(event, (request: http.IncomingMessage, response: http.ServerResponse) =>
      app.routing(request, response),
    );
  }
  setErrorHandlers(app, options);
  return {
    app,
    async close(graceMs) {
      const closed = app.close();
      connections.closeIdle();
      const timer = setTimeout(() => connections.closeAll(), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function createApp(options: ServerOptions): FastifyInstance {
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
    // What is not asked for by its right name is refused, not dropped.
    ajv: { customOptions: { removeAdditional: false } },
    rewriteUrl: (request: http.IncomingMessage) => options.rewriteUrl(request.url ?? '/'),
    frameworkErrors: (_error: FastifyError, _request: unknown, reply: unknown) => {
      void (reply as FastifyReply).code(400).send(apiError('bad_request', 'The URL cannot be read.'));
    },
  } as const;
  if (options.tls === null) return Fastify({ ...shared, http: limits });
  return Fastify({ ...shared, https: { ...limits, ...options.tls } }) as unknown as FastifyInstance;
}

function setErrorHandlers(app: FastifyInstance, options: ServerOptions): void {
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(apiError('not_found', 'There is nothing here.')));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.validation !== undefined || (error.statusCode ?? 500) < 500) {
      return reply.code(error.statusCode ?? 400).send(apiError('bad_request', validationMessage(error)));
    }
    options.logger.error({
      event: 'request.failed',
      requestId: request.id,
      reason: errorSummary(error),
      stack: error.stack,
    });
    return reply.code(500).send(apiError('internal', 'Something unforeseen happened; the log has it.'));
  });
  app.addHook('onSend', async (_request, reply) => {
    // Else a keep-alive connection whose request was in flight holds up the close for its whole time-out.
    if (options.isStopping()) reply.header('connection', 'close');
  });
}

/** Names the field: the schema's own message for one that does not exist leaves it out. */
function validationMessage({ message, validation }: FastifyError): string {
  const unknown = validation?.[0]?.params.additionalProperty;
  return typeof unknown === 'string' ? `${message}: ${unknown}` : message;
}

/** The callback listener, and the listener for looking where that has a port of its own. */
export interface HttpServers {
  readonly callbacks: HttpServer;
  readonly status: HttpServer | null;
}
