/**
 * The Merchant API of the fake Resurs: token, payments, search, stores and the test callback. Injected faults come
 * first, then the token, then the request itself.
 */
import type { FakeMapiPayments } from '../../mapi/payments.ts';
import type { ApiResponse } from '../protocol.ts';
import type { Operation, Quirks } from '../quirks.ts';
import { foundPaymentJson, paymentJson } from './payment-json.ts';
import { invalidField, json, mapiError } from './responses.ts';
import { sendTestCallback } from './test-callback.ts';
import type { FakeTokens } from './tokens.ts';

/** A request that was read to its end. */
export interface MapiRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** What the API reads. */
export interface MapiHeld {
  readonly payments: Pick<FakeMapiPayments, 'find' | 'search'>;
  readonly tokens: FakeTokens;
  readonly storeId: string;
  /** Ends what the API sends by itself. */
  readonly stopped: AbortSignal;
  /** Counts the occurrences of a key, from 1. */
  readonly count: (key: string) => number;
}

const PAYMENTS = '/v2/payments/';
const SEARCH = '/v2/payments/search';

/** Whether a path is one of the Merchant API. */
export function isMapiPath(path: string): boolean {
  return path === '/oauth2/token' || path.startsWith('/v2/');
}

/** Returns the operation that a request asks for. */
export function mapiOperation({ method, path }: Pick<MapiRequest, 'method' | 'path'>): Operation {
  switch (`${method} ${path}`) {
    case 'POST /oauth2/token':
      return 'token';
    case `POST ${SEARCH}`:
      return 'search';
    case 'GET /v2/stores':
      return 'stores';
    case 'POST /v2/callbacks/test':
      return 'test_callback';
    default:
      return method === 'GET' && path.startsWith(PAYMENTS) ? 'payment' : 'unknown';
  }
}

/** Returns the response, as long as no fault replaces it. `isIgnored`: a test callback is said to be sent, but is not. */
export async function respondAsMapi(
  held: MapiHeld,
  request: MapiRequest,
  { quirks, isIgnored }: { readonly quirks: Quirks; readonly isIgnored: boolean },
): Promise<ApiResponse> {
  const operation = mapiOperation(request);
  if (operation === 'token') return held.tokens.grant(request.body, quirks);
  if (!held.tokens.isValid(request.authorization)) return unauthorized();
  switch (operation) {
    case 'payment':
      return payment(held, request.path.slice(PAYMENTS.length), quirks.unknownReads);
    case 'search':
      return search(held, request.body);
    case 'stores':
      return json(200, { content: [{ id: held.storeId, name: 'Test store' }] });
    case 'test_callback':
      return testCallback(held, request.body, { ...quirks, isIgnored });
    default:
      return mapiError(404, 'NOT_FOUND', 'There is no such resource');
  }
}

/** The response to a token that is missing, wrong, or ended. */
export function unauthorized(): ApiResponse {
  return mapiError(401, 'UNAUTHORIZED', 'The token is not valid');
}

/** A payment may be unknown for a while after it was announced. */
function payment({ payments, storeId, count }: MapiHeld, id: string, unknownReads: number): ApiResponse {
  const found = payments.find(id);
  if (found === null || count(`read ${found.id}`) <= unknownReads) {
    return mapiError(404, 'PAYMENT_NOT_FOUND', 'There is no such payment');
  }
  return json(200, paymentJson(found, storeId));
}

function search({ payments, storeId }: MapiHeld, body: string): ApiResponse {
  const fields = objectIn(body);
  const reference = fields?.orderReference ?? null;
  if (typeof fields?.storeId !== 'string') return invalidField('storeId', 'must not be null');
  if (reference !== null && (typeof reference !== 'string' || !/^[\w-]{1,36}$/.test(reference))) {
    return invalidField('orderReference', 'must match [\\w-]{1,36}');
  }
  if (fields.storeId !== storeId) return mapiError(403, 'FORBIDDEN', 'The store belongs to another account');
  return json(200, { content: payments.search(reference).map((one) => foundPaymentJson(one, storeId)) });
}

type TestCallbackQuirks = Pick<Quirks, 'testCallbackStatus'> & { readonly isIgnored: boolean };

async function testCallback(
  { stopped }: MapiHeld,
  body: string,
  { testCallbackStatus, isIgnored }: TestCallbackQuirks,
): Promise<ApiResponse> {
  const url = objectIn(body)?.url;
  if (typeof url !== 'string') return invalidField('url', 'must not be null');
  if (testCallbackStatus !== null) return json(200, { status: testCallbackStatus });
  return json(200, isIgnored ? { status: 'OK', code: 204 } : await sendTestCallback(url, stopped));
}

function objectIn(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? Object.fromEntries(Object.entries(parsed)) : null;
  } catch {
    return null;
  }
}
