/**
 * Makes texts of the other side safe to show: one line, of limited length, without control characters and without our
 * secrets. A server that cannot parse a request often repeats it, whole or cut. So a text that holds even the beginning
 * of a secret, plain or escaped in one of the usual ways, is not shown at all.
 */
import { type BasicCredentials, basicHeader, type Registration } from '../protocol/ecom/registration.ts';

const MAX_CHARACTERS = 300;

/** This many characters of a secret count as the secret: Java's JSON reader cuts the request that it repeats. */
const PREFIX_CHARACTERS = 8;

/** Invisible characters could reverse the line or hide part of it. */
const INVISIBLE = /[\p{C}\p{Z}]+/gu;

const XML_ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export type Redacted = { readonly outcome: 'shown'; readonly line: string } | { readonly outcome: 'hidden' };

/** Returns the line to show, empty when the text is; or `hidden` when it holds a secret. */
export function redact(text: string, secrets: readonly string[]): Redacted {
  const variants = [text, withoutXmlEscapes(text), withoutJsonEscapes(text), withoutUrlEscapes(text)].map(normalize);
  const prefixes = secrets
    .filter((secret) => secret !== '')
    .map(secretPrefix)
    .map(normalize);
  if (prefixes.some((prefix) => variants.some((variant) => variant.includes(prefix)))) {
    return { outcome: 'hidden' };
  }

  const characters = [...text.replace(INVISIBLE, ' ').trim()];
  const isLong = characters.length > MAX_CHARACTERS;
  const line = isLong ? `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…` : characters.join('');
  return { outcome: 'shown', line };
}

/** Returns everything in a call of this account, and of this registration if any, that must not be shown. */
export function secretsIn(account: BasicCredentials, registration: Registration | null): readonly string[] {
  const pairs = [account, registration?.basic ?? null].filter((pair) => pair !== null);
  const credentials = pairs.flatMap((pair) => [pair.password, basicHeader(pair).slice('Basic '.length)]);
  return registration?.digest ? [...credentials, registration.digest.salt] : credentials;
}

function secretPrefix(secret: string): string {
  return [...secret].slice(0, PREFIX_CHARACTERS).join('');
}

function normalize(text: string): string {
  return text.toLowerCase();
}

function withoutXmlEscapes(text: string): string {
  return text.replace(
    /&(?:(amp|lt|gt|quot|apos)|#(x?)([0-9a-f]{1,6}));/gi,
    (entity, name: string | undefined, x: string, digits: string) => {
      if (name !== undefined) return XML_ENTITIES[name.toLowerCase()] ?? entity;
      const point = Number.parseInt(digits, x === '' ? 10 : 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : entity;
    },
  );
}

function withoutJsonEscapes(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/gi, (_escape, digits: string | undefined, character: string) =>
    digits === undefined ? character : String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function withoutUrlEscapes(text: string): string {
  const plain = text.replaceAll('+', ' ');
  return plain.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString());
}
