/**
 * Handles an HTTP request: reads it to its end, decodes it, gets the response, and records the call without any of its
 * contents. A call is recorded before its response is sent, so a client that has the response finds the record.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { resetSocket } from '../../lib/reset-socket.ts';
import { type BasicCredentials, basicHeader } from '../../protocol/ecom/registration.ts';
import { MORE_PAYMENTS_PATH, respondToMorePayments, type StartPayments } from './more-payments.ts';
import type { ApiRequest, Decoded } from './protocol.ts';
import type { Channel, CompletedCall, Quirks, ReceivedCall } from './quirks.ts';
import type { ApiOperation, PaymentOperation, Triggered } from './registry.ts';
import { type ApiOutcome, type Held, PROTOCOLS, respondTo } from './respond.ts';
import { renderWsdl, wsdlService } from './wsdl.ts';

/** The base path of the SOAP services, as in Resurs' test environment. */
export const SOAP_BASE = '/ecommerce-test/ws/V4';

export interface RequestHandlerOptions extends Held {
  readonly account: BasicCredentials;
  readonly quirks: () => Quirks;
  /** Called for a triggered callback, after the response was sent. */
  readonly onTriggered: (triggered: Triggered) => void;
  readonly onCall: (call: CompletedCall) => void;
  /** Starts a round of payments on request; null: there is no such request. */
  readonly startPayments: StartPayments | null;
}

const MAX_BODY_BYTES = 65_536;

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

async function handle({ options, count }: HandlerContext, request: IncomingMessage, response: ServerResponse) {
  // A request that was aborted or is too long asks for no operation.
  const read = await readRequest(request).catch(() => null);
  if (read === null) {
    response.destroy();
    return;
  }

  const authorized = isAuthorized(request.headers.authorization, options.account);
  if (options.startPayments !== null && read.api.path === MORE_PAYMENTS_PATH && authorized) {
    send(
      response,
      respondToMorePayments(read.api, new URLSearchParams(read.query).get('count'), options.startPayments),
    );
    return;
  }

  const service = read.channel === 'SOAP' ? wsdlService(read.api, read.query) : null;
  if (service !== null) {
    // Without credentials, as at Resurs: code generators send none.
    options.onCall({ channel: 'SOAP', operation: 'wsdl', type: null, number: count('wsdl'), status: 200, note: null });
    const address = `http://${request.headers.host ?? ''}${SOAP_BASE}${service}`;
    send(response, { status: 200, contentType: 'text/xml;charset=UTF-8', body: renderWsdl(service, address) });
    return;
  }

  const quirks = options.quirks();
  const prefixes = quirks.prefixes[count('responses') % quirks.prefixes.length] ?? quirks.prefixes[0];
  const decoded = PROTOCOLS[read.channel].decode(read.api, prefixes);
  const call = toReceivedCall(read.channel, decoded, count);
  const hasCredentials = request.headers.authorization !== undefined;
  const decodedRequest = { call, decoded, isAuthorized: authorized, hasCredentials };
  const outcome = respondTo(options, decodedRequest, { quirks, prefixes });
  const { note, triggered } = outcome;

  const status = typeof outcome.response === 'string' ? null : outcome.response.status;
  options.onCall({ ...call, status, note });
  if (triggered !== null) response.once('close', () => options.onTriggered(triggered));
  send(response, outcome.response);
}

interface ReadRequest {
  readonly channel: Channel;
  readonly api: ApiRequest;
  /** The query as it was sent, without its question mark. */
  readonly query: string;
}

async function readRequest(request: IncomingMessage): Promise<ReadRequest> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new RangeError('the body is too long');
  }

  const [path = '', query = ''] = (request.url ?? '').split('?');
  const isSoap = path.startsWith(`${SOAP_BASE}/`);
  const soapAction = request.headers.soapaction;
  const api = {
    method: request.method ?? '',
    path: isSoap ? path.slice(SOAP_BASE.length) : path,
    contentType: request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '',
    soapAction: typeof soapAction === 'string' ? soapAction : null,
    body: Buffer.concat(chunks).toString('utf8'),
  };
  return { channel: isSoap ? 'SOAP' : 'REST', api, query };
}

function toReceivedCall(channel: Channel, decoded: Decoded, count: HandlerContext['count']): ReceivedCall {
  const { operation, type } = decoded.outcome === 'decoded' ? describeOperation(decoded.operation) : decoded;
  const shown = type !== null && LOGGABLE_TYPE.test(type) ? type : null;
  return { channel, operation, type: shown, number: count(`${channel} ${operation} ${shown}`) };
}

function describeOperation(operation: ApiOperation | PaymentOperation): Pick<ReceivedCall, 'operation' | 'type'> {
  return { operation: operation.name, type: 'type' in operation ? operation.type : null };
}

/** The name of the scheme is case-insensitive (RFC 7617). */
function isAuthorized(header: string | undefined, account: BasicCredentials): boolean {
  return header?.replace(/^basic /i, 'Basic ') === basicHeader(account);
}

function send(httpResponse: ServerResponse, response: ApiOutcome['response']): void {
  if (response === 'hang') return;
  if (response === 'reset') {
    resetSocket(httpResponse.socket);
    return;
  }
  const { status, contentType, body } = response;
  const length = { 'content-length': Buffer.byteLength(body) };
  httpResponse.writeHead(status, contentType === null ? length : { ...length, 'content-type': contentType }).end(body);
}
