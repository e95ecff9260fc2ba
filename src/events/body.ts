/**
 * Renders a callback's body for the merchant and the status API: as JSON, byte for byte, or else as text or base64 with
 * the reason. A body never prevents a delivery, and JSON that two parsers might read differently is not passed on as
 * JSON. Pure.
 */
import { canonicalizeJson } from '../lib/json.ts';

export type BodyContent =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'json'; readonly text: string }
  | { readonly outcome: 'text'; readonly text: string; readonly error: string }
  | { readonly outcome: 'bytes'; readonly base64: string; readonly error: string };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Classifies a body; null is a callback without one. */
export function readBodyContent(body: Buffer | null): BodyContent {
  if (body === null) return { outcome: 'none' };
  const text = decode(body);
  if (text === null) return { outcome: 'bytes', base64: body.toString('base64'), error: 'not UTF-8' };
  const json = canonicalizeJson(text);
  if (json.unsafeBecause !== null) return { outcome: 'text', text, error: json.unsafeBecause };
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

function decode(body: Buffer): string | null {
  try {
    return utf8.decode(body);
  } catch {
    return null;
  }
}
