/**
 * Responds to callbacks from the table, with one log line each, for the routes of both interfaces; and checks the source
 * address, which comes before everything else.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Provider } from '../db/schema.ts';
import { expectsContinue, hasBody, readBody } from '../http/read-body.ts';
import { sourceOf } from '../http/source-address.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { createCallbackLog } from './callback-log.ts';
import type { InboundBody } from './receiving.ts';
import { type ResponseName, reasonPhrase, responseBody, responseHeaders } from './responses.ts';
import { type CallbackResult, responseOf } from './result.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** By the clock of the callback routes. */
    receivedAtMs: number;
  }
}

/** A callback and its response. */
export interface RespondedCallback {
  readonly provider: Provider;
  readonly result: CallbackResult;
  /** Null if it is unknown. */
  readonly source: string | null;
  readonly durationMs: number;
}

export interface ResponderOptions {
  /** Null: every address is allowed. */
  readonly isSourceAllowed: ((address: string) => boolean) | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with every response. */
  onResponse(responded: RespondedCallback): void;
}

export type Respond = (request: FastifyRequest, reply: FastifyReply, result: CallbackResult) => FastifyReply;

export interface Responder {
  /** Adds the check of the source address to the routes of an interface, and returns what responds to its callbacks. */
  guard(app: FastifyInstance, provider: Provider): Respond;
}

/** The result of a request that was not parsed as a callback. */
export const NO_CALLBACK = { callbackType: '', paymentId: null, eventId: null, cause: null } as const;

/** Creates the responder of the routes in `app`. */
export function createResponder(app: FastifyInstance, options: ResponderOptions): Responder {
  // Fastify measures only when it logs, and its logging is off: its lines hold URLs.
  app.decorateRequest('receivedAtMs', 0);
  const log = createCallbackLog(options.logger);
  app.addHook('onClose', async () => log.flush());
  return {
    guard(routes, provider) {
      const respond: Respond = (request, reply, result) => {
        const durationMs = options.clock.elapsed() - request.receivedAtMs;
        const source = sourceOf(request);
        options.onResponse({ provider, result, source, durationMs });
        log.write({ provider, request, source, result, durationMs });
        return send(reply, result, provider);
      };
      routes.addHook('onRequest', (request, reply, done) => {
        request.receivedAtMs = options.clock.elapsed();
        if (options.isSourceAllowed === null || isAllowed(sourceOf(request), options.isSourceAllowed)) return done();
        respond(request, reply, { ...NO_CALLBACK, response: 'source_not_allowed' });
      });
      return respond;
    },
  };
}

/** An unknown address is not allowed. */
function isAllowed(source: string | null, isSourceAllowed: (address: string) => boolean): boolean {
  return source !== null && isSourceAllowed(source);
}

/** Returns the body of a request, which is read only when the handler asks for it. */
export function inboundBody(request: FastifyRequest, { raw: response }: FastifyReply): InboundBody {
  return {
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

function send(reply: FastifyReply, result: CallbackResult, provider: Provider): FastifyReply {
  const response = responseOf(result);
  const { callbackType } = result;
  reply.headers(responseHeaders(response, callbackType, provider)).header('x-request-id', reply.request.id);
  // Fastify's own function has no status above 599, which a mocked error may have.
  reply.raw.statusCode = response.status;
  reply.raw.statusMessage = reasonPhrase(response);
  if (CLOSES_CONNECTION.has(result.response)) reply.header('connection', 'close');
  if (response.status === 204) return reply.send();
  return reply.type('application/json').send(responseBody(response, callbackType));
}
