/**
 * Handles an HTTP request: reads it to its end, decodes it, gets the response, and records the call without any of its
 * contents. A call is recorded before its response is sent, so a client that has the response finds the record.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type BasicCredentials, basicHeader } from '../../protocol/ecom/registration.ts';
import { handleMapi } from './mapi/handler.ts';
import type { MapiHeld } from './mapi/merchant-api.ts';
import { MORE_PAYMENTS_PATH, respondToMorePayments, type StartPayments } from './more-payments.ts';
import type { Decoded } from './protocol.ts';
import type { Channel, CompletedCall, Quirks, ReceivedCall } from './quirks.ts';
import { type ReadRequest, readRequest, SOAP_BASE } from './read-request.ts';
import type { EcomOperation, Triggered } from './registry.ts';
import { type Held, PROTOCOLS, respondTo } from './respond.ts';
import { type SentResponse, sendResponse } from './send-response.ts';
import { renderWsdl, wsdlService } from './wsdl.ts';

export interface RequestHandlerOptions extends Held {
  readonly account: BasicCredentials;
  readonly mapi: Omit<MapiHeld, 'count'>;
  readonly quirks: () => Quirks;
  /** Resurs' clock. */
  readonly now: () => number;
  /** Called for a triggered callback, after the response was sent. */
  readonly onTriggered: (triggered: Triggered) => void;
  readonly onCall: (call: CompletedCall) => void;
  /** Starts a round of payments on request; null: there is no such request. */
  readonly startPayments: StartPayments | null;
}

/** Types that are safe to print on one line. */
const LOGGABLE_TYPE = /^[A-Za-z0-9_.-]{1,64}$/;

/** Creates the request listener of the HTTP server. */
export function createRequestHandler(options: RequestHandlerOptions): RequestListener {
  const counts = new Map<string, number>();
  const count = (key: string): number => {
    const number = (counts.get(key) ?? 0) + 1;
    counts.set(key, number);
    return number;
  };
  return (request, response) => void handle({ options, count }, request, response);
}

interface HandlerContext {
  readonly options: RequestHandlerOptions;
  /** Counts the occurrences of a key, from 1. */
  readonly count: (key: string) => number;
}

async function handle(context: HandlerContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { options, count } = context;
  response.setHeader('date', new Date(options.now()).toUTCString());
  // A request that was aborted or is too long asks for no operation.
  const read = await readRequest(request).catch(() => null);
  if (read === null) {
    response.destroy();
    return;
  }

  const { channel, api, query } = read;
  const { authorization } = request.headers;
  if (channel === 'MAPI') {
    const mapi = { quirks: options.quirks(), held: { ...options.mapi, count }, onCall: options.onCall };
    return handleMapi(mapi, { ...api, authorization }, response);
  }
  const isAuthorized = isAccount(authorization, options.account);
  if (options.startPayments !== null && api.path === MORE_PAYMENTS_PATH && isAuthorized) {
    const payments = new URLSearchParams(query).get('count');
    sendPlain(response, respondToMorePayments(api, payments, options.startPayments));
    return;
  }
  const service = channel === 'SOAP' ? wsdlService(api, query) : null;
  if (service !== null) {
    // Without credentials, as at Resurs: code generators send none.
    options.onCall({ channel: 'SOAP', operation: 'wsdl', type: null, number: count('wsdl'), status: 200, note: null });
    const address = `http://${request.headers.host ?? ''}${SOAP_BASE}${service}`;
    sendPlain(response, { status: 200, contentType: 'text/xml;charset=UTF-8', body: renderWsdl(service, address) });
    return;
  }
  const credentials = { isAuthorized, hasCredentials: authorization !== undefined };
  handleEcom(context, { ...read, channel, ...credentials }, response);
}

interface EcomRequest extends ReadRequest {
  readonly channel: Channel;
  readonly isAuthorized: boolean;
  readonly hasCredentials: boolean;
}

function handleEcom(
  { options, count }: HandlerContext,
  { channel, api, isAuthorized, hasCredentials }: EcomRequest,
  response: ServerResponse,
): void {
  const quirks = options.quirks();
  const prefixes = quirks.prefixes[count('responses') % quirks.prefixes.length] ?? quirks.prefixes[0];
  const decoded = PROTOCOLS[channel].decode(api, prefixes);
  const call = toReceivedCall(channel, decoded, count);
  const outcome = respondTo(options, { call, decoded, isAuthorized, hasCredentials }, { quirks, prefixes });
  const { note, triggered, fault } = outcome;

  const status = typeof outcome.response === 'string' ? null : outcome.response.status;
  options.onCall({ ...call, status, note });
  if (triggered !== null) response.once('close', () => options.onTriggered(triggered));
  sendResponse(response, outcome.response, { fault, slowMs: quirks.slowMs });
}

function sendPlain(response: ServerResponse, sent: SentResponse): void {
  sendResponse(response, sent, { fault: 'none', slowMs: 0 });
}

function toReceivedCall<C extends Channel>(channel: C, decoded: Decoded, count: HandlerContext['count']) {
  const { operation, type } = decoded.outcome === 'decoded' ? describeOperation(decoded.operation) : decoded;
  const shown = type !== null && LOGGABLE_TYPE.test(type) ? type : null;
  return { channel, operation, type: shown, number: count(`${channel} ${operation} ${shown}`) };
}

function describeOperation(operation: EcomOperation): Pick<ReceivedCall, 'operation' | 'type'> {
  return { operation: operation.name, type: 'type' in operation ? operation.type : null };
}

/** The name of the scheme is case-insensitive (RFC 7617). */
function isAccount(header: string | undefined, account: BasicCredentials): boolean {
  return header?.replace(/^basic /i, 'Basic ') === basicHeader(account);
}
