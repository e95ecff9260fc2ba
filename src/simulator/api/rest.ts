/**
 * The REST interface: `/callbacks` and `/callbacks/{TYPE}` at the root of the host, JSON in both directions. Salts and
 * passwords go in and never come out. Where Resurs documents no status for a refusal of its own, 400 with `description`
 * and `code` stands here, which is what its PHP library reads.
 */
import type { ApiProtocol, ApiRequest, ApiResponse, Decoded } from './protocol.ts';
import type { Operation } from './quirks.ts';
import type { ApiOperation } from './registry.ts';
import { DOES_NOT_EXIST } from './registry.ts';
import { readRestRegistration } from './rest-registration.ts';

const JSON_TYPE = 'application/json';

const OPERATIONS: Readonly<Record<string, Operation>> = { POST: 'register', GET: 'read', DELETE: 'unregister' };

export const REST: ApiProtocol = {
  decode: understand,
  answer(asked, decision) {
    switch (decision.outcome) {
      case 'done':
      case 'triggered':
        return EMPTY;
      case 'read':
        if (asked.operation !== 'read' || decision.uriTemplate === null) return EMPTY;
        return json(200, { eventType: asked.type, uriTemplate: decision.uriTemplate });
      case 'listed':
        return json(
          200,
          [...decision.templates].map(([eventType, uriTemplate]) => ({ eventType, uriTemplate })),
        );
      case 'refused':
        // Removing what is not there is no error here.
        if (decision.error.id === DOES_NOT_EXIST) return EMPTY;
        return json(400, { description: decision.error.message, code: decision.error.id });
    }
  },
  serverError: () => json(500, { message: 'Internal server error' }),
  unauthorised: () => json(401, { message: 'Bad credentials' }),
};

const EMPTY: ApiResponse = { status: 200, contentType: null, body: '' };

function understand(request: ApiRequest): Decoded {
  const [, type] = /^\/callbacks(?:\/([^/]+))?$/.exec(request.path) ?? [null, null];
  if (type === null) return refused(request, null, { status: 404, message: 'Not found' });
  if (type === undefined) {
    if (request.method === 'GET') return asked({ operation: 'list' });
    return refused(request, null, { status: 405, message: 'Method not allowed' });
  }

  switch (request.method) {
    case 'GET':
      return asked({ operation: 'read', type });
    case 'POST':
      return understandRegistration(request, type);
    case 'DELETE':
      // An empty JSON body has to come along. Source: Resurs' PHP library, which had to learn it.
      if (!isJson(request) || request.body.trim() === '') return refused(request, type, UNSUPPORTED);
      return asked({ operation: 'unregister', type });
    default:
      return refused(request, type, { status: 405, message: 'Method not allowed' });
  }
}

const UNSUPPORTED = { status: 415, message: 'Unsupported media type' };

function understandRegistration(request: ApiRequest, type: string): Decoded {
  if (!isJson(request)) return refused(request, type, UNSUPPORTED);
  const read = readRestRegistration(request.body);
  if (read.outcome === 'malformed') return refused(request, type, { status: 400, message: read.reason });
  return asked({ operation: 'register', type, registration: read.registration });
}

function isJson({ contentType }: ApiRequest): boolean {
  return contentType === JSON_TYPE;
}

function asked(question: ApiOperation): Decoded {
  return { outcome: 'asked', asked: question };
}

function refused(
  { method }: ApiRequest,
  type: string | null,
  { status, message }: { status: number; message: string },
): Decoded {
  const operation = type === null ? 'unknown' : (OPERATIONS[method] ?? 'unknown');
  return { outcome: 'refused', operation, type, reply: json(status, { message }), note: message };
}

function json(status: number, value: unknown): ApiResponse {
  return { status, contentType: `${JSON_TYPE};charset=UTF-8`, body: JSON.stringify(value) };
}
