/**
 * SOAP 1.1 envelopes as the stand-in writes them. Prefixes are the caller's choice, because a reader that depends on
 * them would fail one day. Elements inside a message have no namespace, as Resurs' schema says, whatever the default
 * one around them is.
 */
import { ENVELOPE } from './soap-reader.ts';

const EXCEPTION = 'http://ecommerce.resurs.com/v4/msg/exception';

/** What an answer writes for the two namespaces it needs; an empty prefix makes it the default one. */
export interface XmlPrefixes {
  readonly envelope: string;
  readonly message: string;
}

/** What an answer says: an element of a namespace, with fields that have none. */
export interface SoapMessage {
  readonly namespace: string;
  readonly name: string;
  readonly fields: readonly (readonly [name: string, text: string])[];
}

/** An envelope around one message. */
export function renderMessage(message: SoapMessage, prefixes: XmlPrefixes): string {
  return envelope(element(message, prefixes), prefixes);
}

/** The error of Resurs inside a fault; null for a fault of the SOAP layer, which has none. */
export interface FaultDetail {
  readonly id: number;
  readonly name: string;
  readonly isFixable: boolean;
}

/** A fault. Its own elements have no namespace either, by SOAP 1.1, section 4.4. */
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

function errorOf(text: string, { id, name, isFixable }: FaultDetail): SoapMessage {
  const fields = [
    ['errorTypeDescription', name],
    ['errorTypeId', String(id)],
    ['fixableByYou', String(isFixable)],
    ['userErrorMessage', text],
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

function field([name, text]: readonly [string, string], prefixes: XmlPrefixes): string {
  return `<${name}${unqualified(prefixes)}>${escaped(text)}</${name}>`;
}

/** Takes an element out of a default namespace around it. */
function unqualified({ envelope, message }: XmlPrefixes): string {
  return envelope === '' || message === '' ? ' xmlns=""' : '';
}

/** `prefix:name`, or what is left when one of them is empty. */
function named(prefix: string, name: string): string {
  return [prefix, name].filter((part) => part !== '').join(':');
}

/** What XML cannot hold becomes a replacement character: the stand-in has no say in what is registered. */
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
