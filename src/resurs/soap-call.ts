/**
 * One call of one operation of Resurs' SOAP services: renders the envelope, sends it, and returns the element of the
 * response, or a failure. What the services do is left to their clients.
 */

import { basicHeader } from '../protocol/ecom/registration.ts';
import {
  type ApiCall,
  failed,
  isSuccess,
  isWebPage,
  NO_REMOTE_ERROR,
  noResponse,
  type RemoteError,
  type ResursFailure,
  unexpectedResponse,
} from './failure.ts';
import { type ClientOptions, type HttpResponse, sendRequest } from './http.ts';
import { type EnvelopeContent, type Operation, parseEnvelope, renderEnvelope } from './soap-envelope.ts';
import { refusedBySoap } from './soap-refusal.ts';
import type { Xml } from './xml.ts';

/** The path of a service below the base, and the namespace of its messages. Source: docs/protocol.md. */
export interface Service {
  readonly path: string;
  readonly namespace: string;
}

/** One call before it is sent. */
export interface SoapCall {
  readonly service: Service;
  readonly name: string;
  /** What the call is about, as failures name it behind the operation. */
  readonly subject: string;
  /** In the order of Resurs' schema. */
  readonly parts: readonly Xml[];
  /** No text of a failure may hold one of them. */
  readonly secrets: readonly string[];
  /** It only reads, so that it may be sent once more when its connection turns out to be closed. */
  readonly isRepeatable?: boolean;
  /** Changes Resurs' explanation of a refusal before it is shown. */
  readonly explain?: (error: RemoteError) => RemoteError;
}

/**
 * Tags and attributes, roughly: an order of a thousand lines. The parser needs some 50 µs for each on a busy machine, and
 * the callbacks of the process wait meanwhile.
 */
const MARKUP_LIMIT = 40_000;

export type ResponseElement = Extract<EnvelopeContent, { outcome: 'answered' }>['response'];

/** How a call ended; `date` is when Resurs sent the response, by its own clock. */
export type SoapResult =
  | { readonly outcome: 'done'; readonly value: ResponseElement; readonly date: Date | null }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

/**
 * Sends the call. Throws `signal.reason` when the caller aborts it, and a RangeError for a text that XML cannot hold,
 * before anything is sent.
 */
export async function callSoap(
  options: ClientOptions,
  { service, name, subject, parts, secrets, isRepeatable = false, explain = (error) => error }: SoapCall,
  signal: AbortSignal,
): Promise<SoapResult> {
  const operation: Operation = { namespace: service.namespace, name };
  const call: ApiCall = { channel: 'SOAP', operation: `${name} ${subject}`, secrets };
  const url = options.baseUrl + service.path;
  const headers = {
    authorization: basicHeader(options.account),
    'content-type': 'text/xml; charset=utf-8',
    accept: 'text/xml',
    SOAPAction: '""',
  };
  const body = renderEnvelope(operation, parts);

  const result = await sendRequest(options, { method: 'POST', url, headers, body, isRepeatable }, signal);
  if (result.outcome === 'failed') return failed(noResponse(call, result));
  const { response } = result;
  const content = parseResponse(operation, response);
  if (content.outcome === 'fault') return failed(refusedBySoap(call, response, explain(content.error)));
  if (!isSuccess(response.status)) return failed(refusedBySoap(call, response, NO_REMOTE_ERROR));
  if (content.outcome === 'unreadable') return failed(unexpectedResponse(call, response, content.problem));
  return { outcome: 'done', value: content.response, date: response.date };
}

/** Parses the envelope, unless the response claims to be a web page. */
function parseResponse(operation: Operation, response: HttpResponse): EnvelopeContent {
  if (isWebPage(response)) return { outcome: 'unreadable', problem: 'is a web page' };
  if (response.body.outcome === 'lost') return { outcome: 'unreadable', problem: response.body.problem };
  const { text } = response.body;
  return hasTooMuchMarkup(text)
    ? { outcome: 'unreadable', problem: 'has too many elements' }
    : parseEnvelope(operation, text);
}

function hasTooMuchMarkup(text: string): boolean {
  let count = 0;
  for (const _ of text.matchAll(/[<=]/g)) {
    count += 1;
    if (count > MARKUP_LIMIT) return true;
  }
  return false;
}
