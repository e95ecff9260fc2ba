/**
 * Renders and parses XML as far as the SOAP client needs it. Rendered text survives parsing unchanged: every text is
 * escaped, and text that XML cannot hold is refused. Parsed documents may use any prefixes, order and additions:
 * elements are found by namespace and local name. A maintainer must keep `parseXml` from accepting anything but
 * well-formed XML without a document type: the parser alone is more lenient.
 */
import { DOMParser, type Element, type Node, onErrorStopParsing } from '@xmldom/xmldom';

/** Well-formed markup; only `xml` makes it. */
export interface Xml {
  readonly markup: string;
}

/** A parsed document; `problem` completes "the response …". */
export type ParsedXml =
  | { readonly outcome: 'parsed'; readonly root: Element }
  | { readonly outcome: 'unreadable'; readonly problem: string };

/** Far above any response of Resurs, and few enough bytes for the parser, which keeps a tree of them. */
export const XML_LIMIT_BYTES = 1_048_576;

/** The characters that would end a text or a quoted value. */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Line breaks would be normalised, and the rest is outside XML (https://www.w3.org/TR/xml/#charsets). */
const NOT_WRITABLE = /[\p{Cc}\uFFFE\uFFFF]/u;

/**
 * Renders a tagged template literal: strings are escaped, markup is inserted unchanged. Throws a RangeError for a
 * string with control characters, half a surrogate pair or a non-character. Its message does not repeat the string,
 * which may be a secret.
 */
export function xml(literals: TemplateStringsArray, ...values: readonly (string | Xml | readonly Xml[])[]): Xml {
  return { markup: String.raw({ raw: literals }, ...values.map(markupOf)) };
}

/** Returns whether `xml` takes the text. */
export function isXmlText(text: string): boolean {
  return !NOT_WRITABLE.test(text) && text.isWellFormed();
}

/** Escapes a text for an element or a quoted attribute value. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** Parses a whole document. A byte order mark and white space before it are ignored. Never throws. */
export function parseXml(text: string): ParsedXml {
  if (Buffer.byteLength(text) > XML_LIMIT_BYTES) return unreadable('is longer than 1 MiB');
  try {
    const document = newParser().parseFromString(text.trimStart(), 'text/xml');
    const { documentElement: root } = document;
    if (document.doctype !== null) return unreadable('has a document type, which SOAP forbids');
    return root === null ? unreadable('is not XML') : { outcome: 'parsed', root };
  } catch {
    return unreadable('is not well-formed XML');
  }
}

/** Finds the first child element of that name in the namespace. */
export function childIn(parent: Element, namespace: string, name: string): Element | null {
  return elementsOf(parent).find((child) => child.localName === name && child.namespaceURI === namespace) ?? null;
}

/**
 * Finds the first child element of that name without a namespace, or in its parent's, where servers put it by mistake.
 */
export function childNamed(parent: Element, name: string): Element | null {
  return childrenNamed(parent, name)[0] ?? null;
}

/** Finds all such children, in order. */
export function childrenNamed(parent: Element, name: string): readonly Element[] {
  const isOf = ({ namespaceURI }: Element) => namespaceURI === null || namespaceURI === parent.namespaceURI;
  return elementsOf(parent).filter((child) => child.localName === name && isOf(child));
}

/** Returns the text of such a child, CDATA and entities resolved; null without a child or a text. */
export function textOf(parent: Element, name: string): string | null {
  const text = childNamed(parent, name)?.textContent ?? '';
  return text === '' ? null : text;
}

function markupOf(value: string | Xml | readonly Xml[]): string {
  if (typeof value !== 'string') return 'markup' in value ? value.markup : value.map(markupOf).join('');
  if (!isXmlText(value)) throw new RangeError('a text has characters that XML cannot hold');
  return escapeXml(value);
}

/** By default the parser only logs unknown entities, and treats two more characters as line ends, as XML 1.1 does. */
function newParser(): DOMParser {
  return new DOMParser({
    locator: false,
    onError: onErrorStopParsing,
    normalizeLineEndings: (source) => source.replace(/\r\n?/g, '\n'),
  });
}

function elementsOf(parent: Element): readonly Element[] {
  return [...parent.childNodes].filter(isElement);
}

function isElement(node: Node): node is Element {
  return node.nodeType === node.ELEMENT_NODE;
}

function unreadable(problem: string): ParsedXml {
  return { outcome: 'unreadable', problem };
}
