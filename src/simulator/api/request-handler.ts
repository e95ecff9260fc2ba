/**
 * Between HTTP and the desk: reads a request to its end, finds out what it asks, has it answered, and notes the call
 * without any of its contents. A call is noted before its answer leaves, so that who has the answer finds the note.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { resetSocket } from '../../lib/reset-socket.ts';
import { type BasicCredentials, basicHeader } from '../../protocol/ecom/registration.ts';
import type { ApiRequest, Decoded } from './protocol.ts';
import type { Channel, CompletedCall, Quirks, ReceivedCall } from './quirks.ts';
import type { ApiOperation, FakeRegistry, Triggered } from './registry.ts';
import { type ApiOutcome, PROTOCOLS, respondTo } from './respond.ts';

/** The base below which the SOAP services lie, as it is in Resurs' test environment. */
export const SOAP_BASE = '/ecommerce-test/ws/V4';

export interface ReceptionOptions {
  readonly account: BasicCredentials;
  readonly registry: FakeRegistry;
  readonly quirks: () => Quirks;
  /** A callback was asked for; called after the answer has gone. */
  readonly onTriggered: (triggered: Triggered) => void;
  readonly onCall: (call: CompletedCall) => void;
}

const MOST_BODY_BYTES = 65_536;

/** What may stand in a line of a log. */
const SHOWABLE_TYPE = /^[A-Za-z0-9_.-]{1,64}$/;

/** What answers the requests of the HTTP server. */
export function createRequestHandler(options: ReceptionOptions): RequestListener {
  const counts = new Map<string, number>();
  const count = (key: string): number => {
    const number = (counts.get(key) ?? 0) + 1;
    counts.set(key, number);
    return number;
  };
  return (request, response) => void handle({ options, count }, request, response);
}

interface HandlerContext {
  readonly options: ReceptionOptions;
  /** The how-manyeth of its kind, from 1. */
  readonly count: (key: string) => number;
}

async function handle({ options, count }: HandlerContext, request: IncomingMessage, response: ServerResponse) {
  // Whoever leaves in the middle of a request, or sends one without end, has asked nothing.
  const read = await readRequest(request).catch(() => null);
  if (read === null) {
    response.destroy();
    return;
  }

  const quirks = options.quirks();
  const prefixes = quirks.prefixes[count('answers') % quirks.prefixes.length] ?? quirks.prefixes[0];
  const understood = PROTOCOLS[read.channel].decode(read.api, prefixes);
  const call = callOf(read.channel, understood, count);
  const asked = { call, understood, isKnown: isAccount(request.headers.authorization, options.account) };
  const { reply, note, triggered } = respondTo(options.registry, asked, { quirks, prefixes });

  options.onCall({ ...call, status: typeof reply === 'string' ? null : reply.status, note });
  if (triggered !== null) response.once('close', () => options.onTriggered(triggered));
  send(response, reply);
}

async function readRequest(request: IncomingMessage): Promise<{ channel: Channel; api: ApiRequest }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MOST_BODY_BYTES) throw new RangeError('the body is too long');
  }

  const [path = ''] = (request.url ?? '').split('?');
  const isSoap = path.startsWith(`${SOAP_BASE}/`);
  const soapAction = request.headers.soapaction;
  const api = {
    method: request.method ?? '',
    path: isSoap ? path.slice(SOAP_BASE.length) : path,
    contentType: request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '',
    soapAction: typeof soapAction === 'string' ? soapAction : null,
    body: Buffer.concat(chunks).toString('utf8'),
  };
  return { channel: isSoap ? 'SOAP' : 'REST', api };
}

function callOf(channel: Channel, understood: Decoded, count: HandlerContext['count']): ReceivedCall {
  const { operation, type } = understood.outcome === 'asked' ? nameOf(understood.asked) : understood;
  const shown = type !== null && SHOWABLE_TYPE.test(type) ? type : null;
  return { channel, operation, type: shown, number: count(`${channel} ${operation} ${shown}`) };
}

function nameOf(asked: ApiOperation): Pick<ReceivedCall, 'operation' | 'type'> {
  return { operation: asked.operation, type: asked.operation === 'list' ? null : asked.type };
}

/** The scheme's name may be written in any case (RFC 7617). */
function isAccount(header: string | undefined, account: BasicCredentials): boolean {
  return header?.replace(/^basic /i, 'Basic ') === basicHeader(account);
}

function send(response: ServerResponse, reply: ApiOutcome['reply']): void {
  if (reply === 'hang') return;
  if (reply === 'reset') {
    resetSocket(response.socket);
    return;
  }
  const { status, contentType, body } = reply;
  const length = { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, contentType === null ? length : { ...length, 'content-type': contentType }).end(body);
}
