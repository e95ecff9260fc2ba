/**
 * Renders SOAP 1.1 envelopes. The caller chooses the prefixes, because a reader that depends on them would fail one
 * day. Elements inside a message have no namespace, as Resurs' schema says, whatever the default namespace is.
 */
import { ENVELOPE } from './soap-reader.ts';
import { EXCEPTION } from './soap-schema.ts';

/** The prefixes of the two namespaces of a response; an empty one makes its namespace the default. */
export interface XmlPrefixes {
  readonly envelope: string;
  readonly message: string;
}

/** The content of a response: an element with a namespace, with fields that have none. */
export interface SoapMessage {
  readonly namespace: string;
  readonly name: string;
  readonly fields: readonly SoapField[];
}

/** An element without a namespace: a text, or elements inside. */
export type SoapField = readonly [name: string, content: string | readonly SoapField[]];

/** Renders an envelope around one message. */
export function renderMessage(message: SoapMessage, prefixes: XmlPrefixes): string {
  return envelope(element(message, prefixes), prefixes);
}

/** The error of Resurs inside a fault. */
export interface FaultDetail {
  readonly id: number;
  readonly name: string;
  /** Where it is not the text of the fault. */
  readonly userMessage?: string | undefined;
  readonly isFixable: boolean;
}

/**
 * Renders a fault; `detail` is null for a fault of the SOAP layer. Its elements have no namespace either (SOAP 1.1,
 * 4.4).
 */
export function renderFault(
  { text, detail }: { readonly text: string; readonly detail: FaultDetail | null },
  prefixes: XmlPrefixes,
): string {
  const code = named(prefixes.envelope, detail === null ? 'Client' : 'Server');
  const inside = [field(['faultcode', code], prefixes), field(['faultstring', text], prefixes)];
  if (detail !== null)
    inside.push(`<detail${unqualified(prefixes)}>${element(errorOf(text, detail), prefixes)}</detail>`);
  const fault = named(prefixes.envelope, 'Fault');
  return envelope(`<${fault}>${inside.join('')}</${fault}>`, prefixes);
}

function errorOf(text: string, { id, name, isFixable, userMessage = text }: FaultDetail): SoapMessage {
  const fields = [
    ['errorTypeDescription', name],
    ['errorTypeId', String(id)],
    ['fixableByYou', String(isFixable)],
    ['userErrorMessage', userMessage],
  ] as const;
  return { namespace: EXCEPTION, name: 'ECommerceError', fields };
}

function envelope(inside: string, { envelope: prefix }: XmlPrefixes): string {
  const [outer, body] = [named(prefix, 'Envelope'), named(prefix, 'Body')];
  const declared = `${named('xmlns', prefix)}="${ENVELOPE}"`;
  return `<?xml version="1.0" encoding="UTF-8"?><${outer} ${declared}><${body}>${inside}</${body}></${outer}>`;
}

function element({ namespace, name, fields }: SoapMessage, prefixes: XmlPrefixes): string {
  const tag = named(prefixes.message, name);
  const inside = fields.map((one) => field(one, prefixes)).join('');
  return `<${tag} ${named('xmlns', prefixes.message)}="${namespace}">${inside}</${tag}>`;
}

function field([name, content]: SoapField, prefixes: XmlPrefixes): string {
  const inside = typeof content === 'string' ? escaped(content) : content.map((one) => field(one, prefixes)).join('');
  return `<${name}${unqualified(prefixes)}>${inside}</${name}>`;
}

/** Removes an element from the default namespace. */
function unqualified({ envelope, message }: XmlPrefixes): string {
  return envelope === '' || message === '' ? ' xmlns=""' : '';
}

/** Joins `prefix:name`; without the colon when one of them is empty. */
function named(prefix: string, name: string): string {
  return [prefix, name].filter((part) => part !== '').join(':');
}

/** Replaces characters that XML cannot contain: the fake accepts whatever a client registers. */
function escaped(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0, section 2.2, excludes exactly these.
      .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
  );
}
