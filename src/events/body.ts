/**
 * How a callback's body is shown to others: as the JSON it is, byte for byte, or else as text or base64 with the
 * reason. A body never prevents a delivery, and what a careful JSON reader might read in two ways is not passed on as
 * JSON. Pure.
 */
import { canonicalizeJson } from '../lib/json.ts';

export type BodyContent =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'json'; readonly text: string }
  | { readonly outcome: 'text'; readonly text: string; readonly error: string }
  | { readonly outcome: 'bytes'; readonly base64: string; readonly error: string };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function readBodyContent(body: Buffer | null): BodyContent {
  if (body === null) return { outcome: 'none' };
  const text = decode(body);
  if (text === null) return { outcome: 'bytes', base64: body.toString('base64'), error: 'not UTF-8' };
  const json = canonicalizeJson(text);
  if (json.unsafeBecause !== null) return { outcome: 'text', text, error: json.unsafeBecause };
  return { outcome: 'json', text };
}

/** The body's members of a JSON object, as text that begins with `"body":`. */
export function bodyFields(body: Buffer | null): string {
  const shown = readBodyContent(body);
  switch (shown.outcome) {
    case 'none':
      return '"body":null';
    case 'json':
      return `"body":${shown.text}`;
    case 'text':
      return `"body":null,"bodyText":${JSON.stringify(shown.text)},"bodyError":${JSON.stringify(shown.error)}`;
    case 'bytes':
      return `"body":null,"bodyBase64":"${shown.base64}","bodyError":${JSON.stringify(shown.error)}`;
  }
}

function decode(body: Buffer): string | null {
  try {
    return utf8.decode(body);
  } catch {
    return null;
  }
}
