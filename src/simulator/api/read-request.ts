/** Reads a request of the fake Resurs to its end, and tells by its path which interface it is for. */
import type { IncomingMessage } from 'node:http';
import { isMapiPath } from './mapi/merchant-api.ts';
import type { ApiRequest } from './protocol.ts';
import type { CalledInterface } from './quirks.ts';

/** The base path of the SOAP services, as in Resurs' test environment. */
export const SOAP_BASE = '/ecommerce-test/ws/V4';

export interface ReadRequest {
  readonly channel: CalledInterface;
  readonly api: ApiRequest;
  /** The query as it was sent, without its question mark. */
  readonly query: string;
}

const MAX_BODY_BYTES = 65_536;

/** Throws when the client goes away, or sends too much. */
export async function readRequest(request: IncomingMessage): Promise<ReadRequest> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new RangeError('the body is too long');
  }

  const [path = '', query = ''] = (request.url ?? '').split('?');
  const channel = channelOf(path);
  const soapAction = request.headers.soapaction;
  const api = {
    method: request.method ?? '',
    path: channel === 'SOAP' ? path.slice(SOAP_BASE.length) : path,
    contentType: request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '',
    soapAction: typeof soapAction === 'string' ? soapAction : null,
    body: Buffer.concat(chunks).toString('utf8'),
  };
  return { channel, api, query };
}

function channelOf(path: string): CalledInterface {
  if (path.startsWith(`${SOAP_BASE}/`)) return 'SOAP';
  return isMapiPath(path) ? 'MAPI' : 'REST';
}
