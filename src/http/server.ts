/**
 * A Fastify server with the rules of this service: timeouts for slow clients, no redirects, no trust in forwarding
 * headers except from a trusted proxy, and one form of error response without internals.
 */
import type * as http from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { apiError } from './api-error.ts';
import { trackConnections } from './connections.ts';
import { METHODS } from './node-http.ts';
import { createParserRefusals } from './parser-refusals.ts';
import type { RefusedRequest } from './refused-requests.ts';
import { createProxyCheck, sourceOf } from './source-address.ts';
import type { TlsFiles } from './tls.ts';

/** Timeout for a TLS handshake, and for request line and headers. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Timeout for the whole request; longer than the callbacks' own timeout for a body, which gives a better response. */
const REQUEST_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** Interval at which Node checks for requests beyond the timeouts above. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;
/** A paymentId of 255 characters, percent-encoded. */
const MAX_PARAM_LENGTH = 4_096;

export interface ServerOptions {
  readonly trustProxy: readonly string[];
  readonly tls: TlsFiles | null;
  readonly logger: Logger;
  newRequestId(): string;
  /** Returns the target to route to. */
  rewriteUrl(request: http.IncomingMessage): string;
  isStopping(): boolean;
  /** Called for each request that reaches no route. */
  onRefused(refused: RefusedRequest): void;
}

export interface HttpServer {
  readonly app: FastifyInstance;
  /**
   * Stops listening, waits at most `graceMs` for the responses of requests in flight, and closes every connection.
   * Connections without a complete request are closed at once.
   */
  close(graceMs: number): Promise<void>;
}

/** Creates the server. The caller adds routes and listens. */
export function createServer(options: ServerOptions): HttpServer {
  const app = createApp(options);
  for (const method of METHODS) {
    if (method !== 'CONNECT' && !app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: false });
  }
  const connections = trackConnections(app);
  // Node would send 100 Continue before any check has run; the callback routes send it themselves.
  for (const event of ['checkContinue', 'checkExpectation']) {
    app.server.on(event, (request: http.IncomingMessage, response: http.ServerResponse) =>
      app.routing(request, response),
    );
  }
  const refusals = createParserRefusals(connections, options.onRefused);
  // Fastify's own handler cuts the response of a request before the refused one.
  app.server.removeAllListeners('clientError').on('clientError', refusals.onClientError);
  app.server.on('connect', (_request, socket) => refusals.onConnect(socket as Socket));
  // A client that ends its own side still gets its response. Node has it as a property only.
  Object.assign(app.server, { httpAllowHalfOpen: true });
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
    allowHalfOpen: true,
  };
  const shared = {
    logger: false,
    exposeHeadRoutes: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    return503OnClosing: false,
    trustProxy: options.trustProxy.length === 0 ? false : createProxyCheck(options.trustProxy),
    requestIdHeader: false,
    genReqId: options.newRequestId,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, caseSensitive: true },
    // Reject unknown query and body fields instead of silently removing them.
    ajv: { customOptions: { removeAdditional: false } },
    rewriteUrl: options.rewriteUrl,
    frameworkErrors: (error: FastifyError, request: unknown, reply: unknown) => {
      options.onRefused({ reason: 'malformed', source: sourceOf(request as FastifyRequest), error: error.code });
      void (reply as FastifyReply).code(400).send(apiError('bad_request', 'The URL is malformed.'));
    },
  } as const;
  if (options.tls === null) return Fastify({ ...shared, http: limits });
  return Fastify({
    ...shared,
    https: { ...limits, ...options.tls, handshakeTimeout: HEADERS_TIMEOUT_MS },
  }) as unknown as FastifyInstance;
}

function setErrorHandlers(app: FastifyInstance, options: ServerOptions): void {
  app.setNotFoundHandler((request, reply) => {
    options.onRefused({ reason: 'unknown_path', source: sourceOf(request), error: null });
    return reply.code(404).send(apiError('not_found', 'Route not found.'));
  });
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
    return reply.code(500).send(apiError('internal', 'Internal error; see the log of the service.'));
  });
  // Not async: Fastify would then wait for each response by listeners on its stream.
  app.addHook('onSend', (_request, reply, payload, done) => {
    // Otherwise a keep-alive connection whose request was in flight would delay the close for its whole timeout.
    if (options.isStopping()) reply.header('connection', 'close');
    done(null, payload);
  });
}

/** Adds the name of an unknown field, or the only value that is allowed: the schema's own message leaves them out. */
function validationMessage({ message, validation }: FastifyError): string {
  const { additionalProperty: unknown, allowedValue: allowed } = validation?.[0]?.params ?? {};
  const missing = unknown ?? allowed;
  return typeof missing === 'string' ? `${message}: ${missing}` : message;
}

/** The server for callbacks, and the separate one for the status API if STATUS_PORT is set. */
export interface HttpServers {
  readonly callbacks: HttpServer;
  readonly status: HttpServer | null;
}
