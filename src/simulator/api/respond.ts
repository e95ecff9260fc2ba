/**
 * Decides the response to a call: injected faults first, because faults of a network precede everything else, then the
 * credentials, then the form of the request, and only then the registry.
 */

import type { FakePayments } from '../payments.ts';
import { searchResult } from './payment-search.ts';
import { type ApiProtocol, type ApiResponse, type Decoded, htmlPage } from './protocol.ts';
import type { Channel, InjectedFault, Quirks, ReceivedCall } from './quirks.ts';
import {
  type FakeRegistry,
  type OperationResult,
  paymentResult,
  type ResursError,
  type Triggered,
} from './registry.ts';
import { REST } from './rest.ts';
import type { SentResponse } from './send-response.ts';
import { SOAP } from './soap.ts';
import type { XmlPrefixes } from './soap-responses.ts';

/** The two protocols by channel. */
export const PROTOCOLS: Readonly<Record<Channel, ApiProtocol>> = { REST, SOAP };

/** The check `clock` of doctor needs only the `Date` of a response, so it sends no credentials. */
const NO_CREDENTIALS = 'no credentials, as when doctor compares clocks';

/** Operations that change nothing. */
const READS: readonly string[] = ['read', 'list', 'payment', 'search'];

const LIMIT_EXCEEDED: ResursError = {
  id: 24,
  name: 'LIMIT_PER_TIME_EXCEEDED',
  message: 'Too many calls in too short a time',
};

/** A request of eCom with the result of decoding it. */
export interface DecodedRequest {
  readonly call: ReceivedCall & { readonly channel: Channel };
  readonly decoded: Decoded;
  /** True with the credentials of the account. */
  readonly isAuthorized: boolean;
  /** False without any credentials. */
  readonly hasCredentials: boolean;
}

/** The outcome of a call. */
export interface ApiOutcome {
  readonly response: SentResponse;
  readonly note: string | null;
  readonly triggered: Triggered | null;
  /** How the response is sent depends on it, too. */
  readonly fault: InjectedFault;
}

/** What a call reads or changes. */
export interface Held {
  readonly registry: FakeRegistry;
  readonly payments: Pick<FakePayments, 'find' | 'list'>;
}

/** Executes the operation, unless a fault, the credentials or the form of the request prevent it. */
export function respondTo(
  { registry, payments }: Held,
  { call, decoded, isAuthorized, hasCredentials }: DecodedRequest,
  { quirks, prefixes }: { quirks: Quirks; prefixes: XmlPrefixes },
): ApiOutcome {
  const protocol = PROTOCOLS[call.channel];
  const fault = quirks.faultOf(call);
  const injected = injectedResponse(fault, () => protocol.serverError(prefixes), quirks);
  if (injected !== null) return { response: injected, note: fault, triggered: null, fault };
  if (fault === 'unauthorised' || !isAuthorized) {
    const note = hasCredentials ? 'wrong credentials' : NO_CREDENTIALS;
    return { response: protocol.unauthorised(), note, triggered: null, fault };
  }
  if (decoded.outcome === 'refused') return { ...decoded, triggered: null, fault };

  const { operation } = decoded;
  const isIgnored = fault === 'ignored' && !READS.includes(operation.name);
  const execute = (): OperationResult => {
    if (fault === 'limit_exceeded') return { outcome: 'refused', error: LIMIT_EXCEEDED };
    if (operation.name === 'payment') return paymentResult(operation, payments);
    if (operation.name === 'search') return searchResult(operation, payments.list(), quirks);
    return registry.execute(call.channel, operation, quirks);
  };
  const result: OperationResult = isIgnored ? { outcome: 'done', note: fault } : execute();
  return {
    response: fault === 'answer_lost' ? 'reset' : protocol.respond(operation, result, prefixes),
    note: fault === 'answer_lost' ? fault : noteOf(result),
    triggered: result.outcome === 'triggered' ? result : null,
    fault,
  };
}

/** Returns the response of faults that replace all processing; null for the others. */
export function injectedResponse(
  fault: InjectedFault,
  serverError: () => ApiResponse,
  { retryAfter }: Pick<Quirks, 'retryAfter'>,
): SentResponse | null {
  switch (fault) {
    case 'hang':
    case 'reset':
      return fault;
    case 'html':
      return htmlPage(503, 'Service Unavailable');
    case 'login_page':
      return htmlPage(200, 'Log in');
    case 'server_error':
      return serverError();
    case 'limited':
      return {
        ...htmlPage(429, 'Too Many Requests'),
        ...(retryAfter === null ? {} : { headers: { 'retry-after': retryAfter } }),
      };
    case 'empty':
      return { status: 200, contentType: null, body: '' };
    case 'none':
    case 'limit_exceeded':
    case 'unauthorised':
    case 'answer_lost':
    case 'ignored':
    case 'slow':
    case 'half_body':
      return null;
  }
}

function noteOf(result: OperationResult): string | null {
  if (result.outcome === 'refused') return result.error.message;
  return result.outcome === 'done' ? result.note : null;
}
