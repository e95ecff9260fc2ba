/**
 * The REST interface: `/callbacks` and `/callbacks/{TYPE}` at the root of the host, JSON in both directions. Salts and
 * passwords can be written but never read. Where Resurs documents no status for a refusal, the response is 400 with
 * `description` and `code`, which its PHP library reads.
 */
import type { ApiProtocol, ApiRequest, ApiResponse, Decoded } from './protocol.ts';
import type { Operation } from './quirks.ts';
import type { ApiOperation } from './registry.ts';
import { DOES_NOT_EXIST } from './registry.ts';
import { parseRestRegistration } from './rest-registration.ts';

const JSON_TYPE = 'application/json';

const OPERATIONS: Readonly<Record<string, Operation>> = { POST: 'register', GET: 'read', DELETE: 'unregister' };

export const REST: ApiProtocol = {
  decode,
  respond(decoded, result) {
    switch (result.outcome) {
      case 'done':
      case 'triggered':
        return EMPTY;
      case 'read':
        if (decoded.name !== 'read' || result.uriTemplate === null) return EMPTY;
        return json(200, { eventType: decoded.type, uriTemplate: result.uriTemplate });
      case 'listed':
        return json(
          200,
          [...result.templates].map(([eventType, uriTemplate]) => ({ eventType, uriTemplate })),
        );
      case 'payment':
      case 'found':
        throw new TypeError('there are no payments over this interface');
      case 'refused':
        // Removing what is not registered is no error over REST.
        if (result.error.id === DOES_NOT_EXIST) return EMPTY;
        return json(400, { description: result.error.message, code: result.error.id });
    }
  },
  serverError: () => json(500, { message: 'Internal server error' }),
  unauthorised: () => json(401, { message: 'Bad credentials' }),
};

const EMPTY: ApiResponse = { status: 200, contentType: null, body: '' };

function decode(request: ApiRequest): Decoded {
  const [, type] = /^\/callbacks(?:\/([^/]+))?$/.exec(request.path) ?? [null, null];
  if (type === null) return refused(request, null, { status: 404, message: 'Not found' });
  if (type === undefined) {
    if (request.method === 'GET') return decoded({ name: 'list' });
    return refused(request, null, { status: 405, message: 'Method not allowed' });
  }

  switch (request.method) {
    case 'GET':
      return decoded({ name: 'read', type });
    case 'POST':
      return decodeRegistration(request, type);
    case 'DELETE':
      // An empty JSON body is required. Source: Resurs' PHP library, which found it out by failing.
      if (!isJson(request) || request.body.trim() === '') return refused(request, type, UNSUPPORTED);
      return decoded({ name: 'unregister', type });
    default:
      return refused(request, type, { status: 405, message: 'Method not allowed' });
  }
}

const UNSUPPORTED = { status: 415, message: 'Unsupported media type' };

function decodeRegistration(request: ApiRequest, type: string): Decoded {
  if (!isJson(request)) return refused(request, type, UNSUPPORTED);
  const read = parseRestRegistration(request.body);
  if (read.outcome === 'malformed') return refused(request, type, { status: 400, message: read.reason });
  return decoded({ name: 'register', type, registration: read.registration });
}

function isJson({ contentType }: ApiRequest): boolean {
  return contentType === JSON_TYPE;
}

function decoded(operation: ApiOperation): Decoded {
  return { outcome: 'decoded', operation };
}

function refused(
  { method }: ApiRequest,
  type: string | null,
  { status, message }: { status: number; message: string },
): Decoded {
  const operation = type === null ? 'unknown' : (OPERATIONS[method] ?? 'unknown');
  return { outcome: 'refused', operation, type, response: json(status, { message }), note: message };
}

function json(status: number, value: unknown): ApiResponse {
  return { status, contentType: `${JSON_TYPE};charset=UTF-8`, body: JSON.stringify(value) };
}
