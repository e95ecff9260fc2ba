/**
 * Client of the Merchant API: payments, search, stores and the test callback. A payment that Resurs does not know is an
 * outcome of its own. A token that is not accepted is renewed once. Where Resurs asks to wait (429), or five calls in a
 * row fail, nothing is sent for a while. Nothing about a customer leaves this file. Only an abort by the caller is
 * thrown.
 */
import { abortable } from '../lib/abortable.ts';
import type { Clock } from '../lib/clock.ts';
import type { FailurePause } from '../lib/failure-pause.ts';
import { parseRetryAfter } from '../lib/retry-after.ts';
import type { MapiPayment } from '../payments/mapi-payment.ts';
import {
  type ApiCall,
  failed,
  isSuccess,
  isWebPage,
  NO_REMOTE_ERROR,
  noResponse,
  type ResursFailure,
  type ResursResult,
  rejected,
  unexpectedResponse,
} from './failure.ts';
import { type HttpRequest, type HttpResponse, sendRequest, type Transport } from './http.ts';
import {
  parseMapiError,
  parseMapiPayment,
  parseMapiSearch,
  parseMapiStores,
  parseTestCallback,
  type TestCallbackReport,
} from './mapi-parser.ts';
import type { TokenSource } from './oauth.ts';
import type { ParseResult } from './rest-response.ts';

/** What the Merchant API says of a payment. `unknown`: it has none of that id that the account may see. */
export type MapiPaymentResult =
  | { readonly outcome: 'found'; readonly payment: MapiPayment }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

export interface MapiClientOptions extends Omit<Transport, 'timeoutMs'> {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly tokens: TokenSource;
  /** Shared by all calls of this client. */
  readonly pause: FailurePause;
  readonly clock: Clock;
}

/** Limits of one call. It ends within `timeoutMs`, a token that has to be renewed included. */
export interface CallLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Several calls may run at once. */
export interface MapiClient {
  payment(id: string, limits: CallLimits): Promise<MapiPaymentResult>;
  /** Finds the payments of an order reference in one store. */
  search(query: PaymentSearch, limits: CallLimits): Promise<ResursResult<readonly MapiPayment[]>>;
  /** Lists the ids of the account's stores. */
  stores(limits: CallLimits): Promise<ResursResult<readonly string[]>>;
  /** Asks Resurs to send a test callback to the URL; resolves when Resurs has done it. */
  testCallback(url: string, limits: CallLimits): Promise<ResursResult<TestCallbackReport>>;
  /** How long nothing is sent, in milliseconds; 0: calls are sent. */
  pausedMs(): number;
}

export interface PaymentSearch {
  readonly storeId: string;
  readonly orderReference: string;
}

interface MapiCall<T> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** As failures name it. */
  readonly operation: string;
  readonly body: string | null;
  readonly parse: (text: string) => ParseResult<T>;
}

const NOT_FOUND = 404;
const FORBIDDEN = 403;
const UNAUTHORIZED = 401;
const TOO_MANY_REQUESTS = 429;
const USUAL_WAIT_MS = 10_000;
const MAX_WAIT_MS = 300_000;
const MAX_STORES = 100;

/** Creates a client of one account. */
export function createMapiClient(options: MapiClientOptions): MapiClient {
  return {
    async payment(id, limits) {
      const path = `/v2/payments/${encodeURIComponent(id)}`;
      const result = await call(options, { ...get(path), parse: parseMapiPayment }, limits);
      if (result.outcome === 'failed') return isUnknown(result.failure) ? { outcome: 'unknown' } : result;
      if (result.value.id === id.toLowerCase()) return { outcome: 'found', payment: result.value };
      return { outcome: 'failed', failure: notUnderstood(`GET ${path}`, 'the response is about another payment') };
    },
    search({ storeId, orderReference }, limits) {
      const body = JSON.stringify({ storeId, orderReference });
      return call(options, { ...post('/v2/payments/search', body), parse: parseMapiSearch }, limits);
    },
    stores: (limits) => call(options, { ...get(`/v2/stores?size=${MAX_STORES}`), parse: parseMapiStores }, limits),
    testCallback: (url, limits) =>
      call(options, { ...post('/v2/callbacks/test', JSON.stringify({ url })), parse: parseTestCallback }, limits),
    pausedMs: options.pause.remainingMs,
  };
}

function get(path: string) {
  return { method: 'GET', path, operation: `GET ${path}`, body: null } as const;
}

function post(path: string, body: string) {
  return { method: 'POST', path, operation: `POST ${path}`, body } as const;
}

/** Sends the call unless there is a pause, and counts how it ended. */
async function call<T>(
  options: MapiClientOptions,
  mapiCall: MapiCall<T>,
  { timeoutMs, signal }: CallLimits,
): Promise<ResursResult<T>> {
  const { pause } = options;
  const waitMs = pause.remainingMs();
  if (waitMs > 0) return failed(paused(mapiCall.operation, waitMs));
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  let result: ResursResult<T>;
  try {
    result = await abortable(callOnce(options, mapiCall, timeoutMs, either), either);
  } catch (error) {
    signal.throwIfAborted();
    if (!timeout.aborted) throw error;
    const text = `no response within ${timeoutMs} ms`;
    result = failed({ ...notUnderstood(mapiCall.operation, text), kind: 'timed_out' });
  }
  count(pause, result);
  return result;
}

/** With a token, and with another one if the first is not accepted. */
async function callOnce<T>(
  options: MapiClientOptions,
  mapiCall: MapiCall<T>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ResursResult<T>> {
  const token = await options.tokens.token(signal);
  if (token.outcome === 'failed') return token;
  const first = await callWith(token.value, { options, timeoutMs, signal }, mapiCall);
  if (first.outcome !== 'failed' || first.failure.status !== UNAUTHORIZED) return first;
  options.tokens.refuse(token.value);
  const renewed = await options.tokens.token(signal);
  return renewed.outcome === 'failed' ? renewed : callWith(renewed.value, { options, timeoutMs, signal }, mapiCall);
}

interface CallContext {
  readonly options: MapiClientOptions;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

async function callWith<T>(
  token: string,
  { options, timeoutMs, signal }: CallContext,
  { method, path, operation, body, parse }: MapiCall<T>,
): Promise<ResursResult<T>> {
  const apiCall: ApiCall = { channel: 'MAPI', operation, secrets: [token] };
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    ...(body === null ? {} : { 'content-type': 'application/json' }),
  };
  const request: HttpRequest = { method, url: options.baseUrl + path, headers, body };
  const result = await sendRequest({ dispatcher: options.dispatcher, timeoutMs }, request, signal);
  if (result.outcome === 'failed') return failed(noResponse(apiCall, result));
  const { response } = result;
  if (!isSuccess(response.status)) return failed(refused(apiCall, response, options.clock.now()));
  const parsed = parseResponse(response, parse);
  if (parsed.outcome === 'unreadable') return failed(unexpectedResponse(apiCall, response, parsed.problem));
  return { outcome: 'done', value: parsed.value };
}

function parseResponse<T>(response: HttpResponse, parse: MapiCall<T>['parse']): ParseResult<T> {
  if (response.body.outcome === 'lost') return { outcome: 'unreadable', problem: response.body.problem };
  return isWebPage(response) ? { outcome: 'unreadable', problem: 'is a web page' } : parse(response.body.text);
}

function refused(apiCall: ApiCall, response: HttpResponse, nowMs: number): ResursFailure {
  const error = response.body.outcome === 'read' ? parseMapiError(response.body.text) : NO_REMOTE_ERROR;
  const failure = rejected(apiCall, response, error);
  switch (response.status) {
    case TOO_MANY_REQUESTS: {
      const waitMs = parseRetryAfter(response.retryAfter, nowMs) ?? USUAL_WAIT_MS;
      return { ...failure, kind: 'limited', waitMs: Math.min(waitMs, MAX_WAIT_MS) };
    }
    case NOT_FOUND:
      // A web page means that the server does not know the path, as behind a wrong address.
      return isWebPage(response) ? failure : { ...failure, kind: 'does_not_exist' };
    case UNAUTHORIZED:
      return failure;
    case FORBIDDEN:
      // The token is right; what it asks for belongs to another store.
      return { ...failure, kind: 'refused' };
    default:
      return failure.kind === 'refused' || failure.kind === 'credentials' ? failure : { ...failure, kind: 'refused' };
  }
}

/** A payment of another store does not exist for this account. */
function isUnknown({ kind, status }: ResursFailure): boolean {
  return kind === 'does_not_exist' || status === FORBIDDEN;
}

function count(pause: FailurePause, result: ResursResult<unknown>): void {
  const failure = result.outcome === 'done' ? null : result.failure;
  if (failure?.kind === 'limited') pause.waitFor(failure.waitMs ?? USUAL_WAIT_MS);
  else if (failure === null || isAnswer(failure)) pause.succeeded();
  else pause.failed();
}

/** Whether the API worked and refused only this call. */
function isAnswer({ kind, status }: ResursFailure): boolean {
  return status !== null && status >= 400 && status < 500 && kind !== 'credentials';
}

function paused(operation: string, waitMs: number): ResursFailure {
  const text = `not asked: nothing is sent for another ${Math.ceil(waitMs / 1_000)} s, after failures or because Resurs asked to wait`;
  return { channel: 'MAPI', operation, kind: 'paused', status: null, code: null, text, waitMs };
}

function notUnderstood(operation: string, text: string): ResursFailure {
  return { channel: 'MAPI', operation, kind: 'not_understood', status: null, code: null, text };
}
