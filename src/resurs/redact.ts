/**
 * Texts of the other side as people may see them: one line, of a sane length, without control characters, and never
 * with one of our secrets in it. A server that cannot read a request likes to repeat it, whole or cut, so a text that
 * holds even the beginning of a secret, plain or escaped in one of the usual ways, is not shown at all.
 */
import { type BasicCredentials, basicHeader, type Registration } from '../protocol/ecom/registration.ts';

const MAX_CHARACTERS = 300;

/** So much of a secret counts as the secret: Java's JSON reader cuts the request that it repeats. */
const TELLING_CHARACTERS = 8;

/** Invisible characters could turn the line round or hide part of it. */
const INVISIBLE = /[\p{C}\p{Z}]+/gu;

const XML_SIGNS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export type Redacted = { readonly outcome: 'shown'; readonly line: string } | { readonly outcome: 'hidden' };

/** The line to show, empty when the text is; or hidden, when it holds a secret. */
export function redact(text: string, secrets: readonly string[]): Redacted {
  const readings = [text, withoutXmlEscapes(text), withoutJsonEscapes(text), withoutUrlEscapes(text)].map(normalize);
  const beginnings = secrets
    .filter((secret) => secret !== '')
    .map(secretPrefix)
    .map(normalize);
  if (beginnings.some((beginning) => readings.some((reading) => reading.includes(beginning)))) {
    return { outcome: 'hidden' };
  }

  const characters = [...text.replace(INVISIBLE, ' ').trim()];
  const isLong = characters.length > MAX_CHARACTERS;
  const line = isLong ? `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…` : characters.join('');
  return { outcome: 'shown', line };
}

/** Everything in a call of this account about this registration, if any, that must not be shown. */
export function secretsIn(account: BasicCredentials, registration: Registration | null): readonly string[] {
  const pairs = [account, registration?.basic ?? null].filter((pair) => pair !== null);
  const credentials = pairs.flatMap((pair) => [pair.password, basicHeader(pair).slice('Basic '.length)]);
  return registration?.digest ? [...credentials, registration.digest.salt] : credentials;
}

function secretPrefix(secret: string): string {
  return [...secret].slice(0, TELLING_CHARACTERS).join('');
}

function normalize(text: string): string {
  return text.toLowerCase();
}

function withoutXmlEscapes(text: string): string {
  return text.replace(
    /&(?:(amp|lt|gt|quot|apos)|#(x?)([0-9a-f]{1,6}));/gi,
    (written, name: string | undefined, x: string, digits: string) => {
      if (name !== undefined) return XML_SIGNS[name.toLowerCase()] ?? written;
      const point = Number.parseInt(digits, x === '' ? 10 : 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : written;
    },
  );
}

function withoutJsonEscapes(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/gi, (_written, digits: string | undefined, sign: string) =>
    digits === undefined ? sign : String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function withoutUrlEscapes(text: string): string {
  const plain = text.replaceAll('+', ' ');
  return plain.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString());
}
