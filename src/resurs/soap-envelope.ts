/**
 * SOAP 1.1 envelopes, document/literal as Resurs uses them: the operation's element is in the service's namespace,
 * what is in it in none. Answers are found by namespace and local name, so prefixes, additions and the places of
 * declarations do not matter. Nothing here knows of HTTP.
 */
import type { Element } from '@xmldom/xmldom';
import type { RemoteError } from './remote-error.ts';
import { childIn, childNamed, parseXml, textOf, type Xml, xml } from './xml.ts';

/** One operation of one service. */
export interface Operation {
  /** Of the service's messages. */
  readonly namespace: string;
  readonly name: string;
}

/** What an envelope says; `problem` completes "the answer …". */
export type EnvelopeContent =
  | { readonly outcome: 'answered'; readonly response: Element }
  | { readonly outcome: 'fault'; readonly complaint: RemoteError }
  | { readonly outcome: 'unreadable'; readonly problem: string };

/** SOAP 1.1, section 3 (https://www.w3.org/TR/2000/NOTE-SOAP-20000508/). */
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';

/** The text of a request. `parts` keep their order: Resurs' schema insists on it. Throws for what XML cannot hold. */
export function writeEnvelope({ namespace, name }: Operation, parts: readonly Xml[]): string {
  const { markup } = xml`<soap:Envelope xmlns:soap="${SOAP}" xmlns:m="${namespace}"><soap:Body><m:${name}>${
    parts
  }</m:${name}></soap:Body></soap:Envelope>`;
  return `<?xml version="1.0" encoding="UTF-8"?>${markup}`;
}

/** Reads the answer to an operation, whose element is the operation's name and `Response`. Never throws. */
export function readEnvelope({ namespace, name }: Operation, text: string): EnvelopeContent {
  const parsed = parseXml(text);
  if (parsed.outcome === 'unreadable') return parsed;

  const { root } = parsed;
  const isEnvelope = root.localName === 'Envelope' && root.namespaceURI === SOAP;
  const body = isEnvelope ? childIn(root, SOAP, 'Body') : null;
  if (body === null) return unreadable('is no SOAP envelope');
  const fault = childIn(body, SOAP, 'Fault');
  if (fault !== null) return { outcome: 'fault', complaint: readFault(fault) };
  const response = childIn(body, namespace, `${name}Response`);
  return response === null ? unreadable(`has no ${name}Response`) : { outcome: 'answered', response };
}

/** Resurs' own number and text where there are any, else what SOAP has. The detail's namespace is left open. */
function readFault(fault: Element): RemoteError {
  const detail = childNamed(fault, 'detail');
  const error = [...(detail?.getElementsByTagNameNS('*', 'ECommerceError') ?? [])][0];
  const own = (name: string) => (error === undefined ? null : textOf(error, name)?.trim() || null);
  const errorTypeId = own('errorTypeId');
  const texts = [own('userErrorMessage'), textOf(fault, 'faultstring')?.trim() || null].filter((text) => text !== null);
  // Resurs does not say which of the two tells more; mostly they are the same.
  const text = [...new Set(texts)].join('; ') || (own('errorTypeDescription') ?? '');
  const faultCode = textOf(fault, 'faultcode')?.replace(/^.*:/s, '').trim() || null;
  return { code: errorTypeId ?? faultCode, errorTypeId, text };
}

function unreadable(problem: string): EnvelopeContent {
  return { outcome: 'unreadable', problem };
}
