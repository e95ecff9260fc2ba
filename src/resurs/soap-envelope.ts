/**
 * Renders and parses SOAP 1.1 envelopes, document/literal as Resurs uses them: the operation's element is in the
 * service's namespace, its children are in none. Elements are found by namespace and local name, so prefixes, additions
 * and the position of declarations do not matter. HTTP is left to soap.ts.
 */
import type { Element } from '@xmldom/xmldom';
import type { RemoteError } from './failure.ts';
import { childIn, childNamed, parseXml, textOf, type Xml, xml } from './xml.ts';

/** One operation of one service. */
export interface Operation {
  /** The namespace of the service's messages. */
  readonly namespace: string;
  readonly name: string;
}

/** The content of an envelope; `problem` completes "the response …". */
export type EnvelopeContent =
  | { readonly outcome: 'answered'; readonly response: Element }
  | { readonly outcome: 'fault'; readonly error: RemoteError }
  | { readonly outcome: 'unreadable'; readonly problem: string };

/** SOAP 1.1, section 3 (https://www.w3.org/TR/2000/NOTE-SOAP-20000508/). */
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';

/** Renders a request. `parts` keep their order: Resurs' schema requires it. Throws for text that XML cannot hold. */
export function renderEnvelope({ namespace, name }: Operation, parts: readonly Xml[]): string {
  const { markup } = xml`<soap:Envelope xmlns:soap="${SOAP}" xmlns:m="${namespace}"><soap:Body><m:${name}>${
    parts
  }</m:${name}></soap:Body></soap:Envelope>`;
  return `<?xml version="1.0" encoding="UTF-8"?>${markup}`;
}

/** Parses the response to an operation, whose element is the operation's name and `Response`. Never throws. */
export function parseEnvelope({ namespace, name }: Operation, text: string): EnvelopeContent {
  const parsed = parseXml(text);
  if (parsed.outcome === 'unreadable') return parsed;

  const { root } = parsed;
  const isEnvelope = root.localName === 'Envelope' && root.namespaceURI === SOAP;
  const body = isEnvelope ? childIn(root, SOAP, 'Body') : null;
  if (body === null) return unreadable('is not a SOAP envelope');
  const fault = childIn(body, SOAP, 'Fault');
  if (fault !== null) return { outcome: 'fault', error: parseFault(fault) };
  const response = childIn(body, namespace, `${name}Response`);
  return response === null ? unreadable(`has no ${name}Response`) : { outcome: 'answered', response };
}

/** Takes Resurs' own number and text where there are any, else those of SOAP. The detail may be in any namespace. */
function parseFault(fault: Element): RemoteError {
  const detail = childNamed(fault, 'detail');
  const error = [...(detail?.getElementsByTagNameNS('*', 'ECommerceError') ?? [])][0];
  const own = (name: string) => (error === undefined ? null : textOf(error, name)?.trim() || null);
  const errorTypeId = own('errorTypeId');
  const texts = [own('userErrorMessage'), textOf(fault, 'faultstring')?.trim() || null].filter((text) => text !== null);
  // Resurs does not document which of the two texts is better; mostly they are the same.
  const text = [...new Set(texts)].join('; ') || (own('errorTypeDescription') ?? '');
  const faultCode = textOf(fault, 'faultcode')?.replace(/^.*:/s, '').trim() || null;
  return { code: errorTypeId ?? faultCode, errorTypeId, text };
}

function unreadable(problem: string): EnvelopeContent {
  return { outcome: 'unreadable', problem };
}
