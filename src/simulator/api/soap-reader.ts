/**
 * Parses SOAP 1.1 envelopes to the only element of the body, with namespaces, whatever their prefixes. A text that is
 * no envelope is an outcome. Document types are refused, so no entity of a client is ever resolved.
 */
import { DOMParser, type Element, onErrorStopParsing } from '@xmldom/xmldom';

/** The namespace of SOAP 1.1. */
export const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';

/** An element of a message with its content, as deep as messages of Resurs go. */
export interface XmlElement {
  /** Null for none. */
  readonly namespace: string | null;
  readonly name: string;
  readonly isNil: boolean;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** The element of the body, or why there is none. */
export type EnvelopeResult =
  | { readonly outcome: 'read'; readonly message: XmlElement }
  | { readonly outcome: 'malformed'; readonly reason: string };

/** The message, its fields, and the fields of one of them. */
const DEPTH = 3;

/** Parses an envelope. */
export function parseEnvelope(xml: string): EnvelopeResult {
  const root = parse(xml);
  if (root === null) return malformed('The request is no XML');
  if (root.namespaceURI !== ENVELOPE || root.localName !== 'Envelope') return malformed('The request is no envelope');

  const body = elementsIn(root).find(
    ({ namespaceURI, localName }) => namespaceURI === ENVELOPE && localName === 'Body',
  );
  const [message, ...more] = body === undefined ? [] : elementsIn(body);
  if (message === undefined || more.length > 0) return malformed('The body does not hold exactly one element');
  return { outcome: 'read', message: elementOf(message, DEPTH) };
}

function parse(xml: string): Element | null {
  try {
    const document = new DOMParser({ onError: onErrorStopParsing }).parseFromString(xml, 'text/xml');
    return document.doctype === null ? document.documentElement : null;
  } catch {
    return null;
  }
}

function elementOf(element: Element, depth: number): XmlElement {
  const nil = element.getAttributeNS(INSTANCE, 'nil');
  return {
    namespace: element.namespaceURI,
    name: element.localName ?? '',
    isNil: nil === 'true' || nil === '1',
    text: element.textContent ?? '',
    children: depth === 0 ? [] : elementsIn(element).map((child) => elementOf(child, depth - 1)),
  };
}

function elementsIn(parent: Element): Element[] {
  return [...parent.childNodes].filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
}

function malformed(reason: string): EnvelopeResult {
  return { outcome: 'malformed', reason };
}
