/**
 * Client of the Merchant API: payments, search, stores and the test callback. A payment that Resurs does not know is an
 * outcome of its own. Nothing about a customer leaves the parsers. Only an abort by the caller is thrown.
 */
import type { Dispatcher } from 'undici';
import type { MapiPayment } from '../payments/mapi-payment.ts';
import type { ResursFailure, ResursResult } from './failure.ts';
import { type CallLimits, callMapi, type MapiClientOptions, withoutResponse } from './mapi-call.ts';
import {
  parseMapiPayment,
  parseMapiSearch,
  parseMapiStores,
  parseTestCallback,
  type TestCallbackReport,
} from './mapi-parser.ts';

/** What the Merchant API says of a payment. `unknown`: it has none of that id that the account may see. */
export type MapiPaymentResult =
  | { readonly outcome: 'found'; readonly payment: MapiPayment }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

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
  /** For a question that needs no account: what time it is there. */
  readonly server: { readonly url: string; readonly dispatcher: Dispatcher };
}

export interface PaymentSearch {
  readonly storeId: string;
  readonly orderReference: string;
}

/** As Resurs' own library asks for them. */
const MAX_STORES = 2_000;
const MIN_SECRET_LENGTH = 16;

/** Creates a client of one account. */
export function createMapiClient(options: MapiClientOptions): MapiClient {
  return {
    async payment(id, limits) {
      const path = `/v2/payments/${encodeURIComponent(id)}`;
      const result = await callMapi(options, { ...get(path), parse: parseMapiPayment }, limits);
      if (result.outcome === 'failed') return isUnknown(result.failure) ? { outcome: 'unknown' } : result;
      if (result.value.id === id.toLowerCase()) return { outcome: 'found', payment: result.value };
      const failure = withoutResponse(`GET ${path}`, 'the response is about another payment');
      return { outcome: 'failed', failure };
    },
    search({ storeId, orderReference }, limits) {
      const body = JSON.stringify({ storeId, orderReference });
      return callMapi(options, { ...post('/v2/payments/search', body), parse: parseMapiSearch }, limits);
    },
    stores: (limits) => callMapi(options, { ...get(`/v2/stores?size=${MAX_STORES}`), parse: parseMapiStores }, limits),
    testCallback(url, limits) {
      const request = post('/v2/callbacks/test', JSON.stringify({ url }));
      return callMapi(options, { ...request, secrets: valuesIn(url), parse: parseTestCallback }, limits);
    },
    pausedMs: options.pause.remainingMs,
    server: { url: options.baseUrl, dispatcher: options.dispatcher },
  };
}

/** What a URL carries, such as a token, which Resurs may repeat in an error; short values prove nothing. */
function valuesIn(url: string): string[] {
  return [...(URL.parse(url)?.searchParams.values() ?? [])].filter((value) => value.length >= MIN_SECRET_LENGTH);
}

function get(path: string) {
  return { method: 'GET', path, operation: `GET ${path}`, body: null } as const;
}

function post(path: string, body: string) {
  return { method: 'POST', path, operation: `POST ${path}`, body } as const;
}

/** A payment of another store does not exist for this account. */
function isUnknown({ kind }: ResursFailure): boolean {
  return kind === 'does_not_exist';
}
