/**
 * Renders a callback's body for the merchant and the status API: as JSON as it came, without a byte order mark, or else
 * as text or base64 with the reason. A body never prevents a delivery, and JSON that two parsers might read differently is not passed on as
 * JSON. Pure.
 */
import { isUtf8 } from 'node:buffer';
import { whyUnsafeJson } from '../lib/json.ts';

export type BodyContent =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'json'; readonly text: string }
  | { readonly outcome: 'text'; readonly text: string; readonly error: string }
  | { readonly outcome: 'bytes'; readonly base64: string; readonly error: string };

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Classifies a body; null is a callback without one. */
export function readBodyContent(body: Buffer | null): BodyContent {
  if (body === null) return { outcome: 'none' };
  const text = decodeBody(body);
  if (text === null) return { outcome: 'bytes', base64: body.toString('base64'), error: 'not UTF-8' };
  const error = whyUnsafeJson(text);
  if (error !== null) return { outcome: 'text', text: utf8.decode(body), error };
  return { outcome: 'json', text };
}

/** Renders the body's fields of a JSON object, as text that begins with `"body":`. */
export function bodyFields(body: Buffer | null): string {
  const content = readBodyContent(body);
  switch (content.outcome) {
    case 'none':
      return '"body":null';
    case 'json':
      return `"body":${content.text}`;
    case 'text':
      return `"body":null,"bodyText":${JSON.stringify(content.text)},"bodyError":${JSON.stringify(content.error)}`;
    case 'bytes':
      return `"body":null,"bodyBase64":"${content.base64}","bodyError":${JSON.stringify(content.error)}`;
  }
}

/** Renders the same fields with the text as it was stored, also where it is JSON. They begin with `"bodyText":`. */
export function bodyTextFields(body: Buffer | null): string {
  const content = readBodyContent(body);
  switch (content.outcome) {
    case 'none':
      return '"bodyText":null';
    case 'json':
      // With its byte order mark, if it has one.
      return `"bodyText":${JSON.stringify(utf8.decode(body ?? undefined))}`;
    case 'text':
      return `"bodyText":${JSON.stringify(content.text)},"bodyError":${JSON.stringify(content.error)}`;
    case 'bytes':
      return `"bodyText":null,"bodyBase64":"${content.base64}","bodyError":${JSON.stringify(content.error)}`;
  }
}

/** Returns the text of a body without its byte order mark, which is no JSON; null if the body is not UTF-8. */
export function decodeBody(body: Buffer): string | null {
  return isUtf8(body) ? utf8.decode(body).replace(/^\ufeff/, '') : null;
}
