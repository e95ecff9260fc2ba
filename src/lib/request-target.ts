/**
 * Parses the raw request target: path, query, components, and the characters of percent-escapes. It uses the raw target
 * because a framework's parser loses what matters here: which slash was escaped, whether a name occurred twice, and
 * escapes that are not UTF-8. The callers interpret the names. Each component is decoded exactly once.
 *
 * A character above 0x7f in a target is one byte as it came, like an escape.
 */
import { isUtf8 } from 'node:buffer';

/** Text of a component. */
export interface UrlText {
  readonly text: string;
  /** The bytes as they came, where they are not the UTF-8 of `text`; else null. */
  readonly bytes: Buffer | null;
}

/** One name and its value. */
export interface NameValue {
  readonly name: string;
  readonly value: UrlText;
  /** A second reading of the value, which counts only where the digest proves it; null if there is none. */
  readonly otherReading: UrlText | null;
}

/** Visible ASCII without an escape, which needs no decoding: most components. */
const PLAIN = /^[ -$&-~]*$/;
const SCHEME_AND_AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;
/** ISO-8859-1 with €, – and quotes. */
const windows1252 = new TextDecoder('windows-1252');

/** Splits a target in origin form or absolute form; a fragment, which does not belong in a request, is removed. */
export function splitTarget(target: string): { path: string; query: string } {
  const [whole = ''] = target.replace(SCHEME_AND_AUTHORITY, '').split('#', 1);
  const separatorAt = whole.indexOf('?');
  if (separatorAt === -1) return { path: whole === '' ? '/' : whole, query: '' };
  return { path: separatorAt === 0 ? '/' : whole.slice(0, separatorAt), query: whole.slice(separatorAt + 1) };
}

/**
 * Returns the raw segments after `basePath`, or null if the path is neither `basePath` nor below it. No path is below
 * `/`. Several slashes before and in the base path count as one.
 */
export function segmentsUnder(path: string, basePath: string): readonly string[] | null {
  const base = basePath.split('/').filter((segment) => segment !== '');
  if (base.length === 0) return /^\/+$/.test(path) ? [] : null;
  if (!path.startsWith('/')) return null;

  const segments = path.split('/');
  let i = 0;
  for (const segment of base) {
    while (segments[i] === '') i += 1;
    const other = segments[i];
    if (other === undefined || decodeComponent(other) !== decodeComponent(segment)) return null;
    i += 1;
  }
  return segments.slice(i);
}

/**
 * Parses a query. Only `&` separates: `&amp;` in a registered URL gives names that begin with `amp;`. `+` is a space,
 * as in forms; the other reading of a value takes it as itself.
 */
export function queryPairs(query: string): NameValue[] {
  const pairs: NameValue[] = [];
  for (const component of query.split('&')) {
    if (component === '') continue;
    const separatorAt = component.indexOf('=');
    const name = separatorAt === -1 ? component : component.slice(0, separatorAt);
    const value = separatorAt === -1 ? '' : component.slice(separatorAt + 1);
    pairs.push({
      name: decodeComponent(withSpaces(name)),
      value: decodeText(withSpaces(value)),
      otherReading: value.includes('+') ? decodeText(value) : null,
    });
  }
  return pairs;
}

function withSpaces(component: string): string {
  return component.replaceAll('+', ' ');
}

/** Decodes a component to its text; see `decodeText`. */
export function decodeComponent(component: string): string {
  return decodeText(component).text;
}

/**
 * Decodes percent-escapes to bytes, and also the characters that stand for bytes. The bytes are decoded as UTF-8 or, if
 * they are not valid UTF-8, as windows-1252 (Resurs does not document which it sends). Broken escapes stay unchanged.
 */
export function decodeText(component: string): UrlText {
  if (PLAIN.test(component)) return { text: component, bytes: null };

  const bytes = Buffer.from(
    component
      // No byte is such a character; text from other callers keeps its meaning.
      .replace(/[\u0100-\uffff]+/g, (text) => Buffer.from(text, 'utf8').toString('latin1'))
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return isUtf8(bytes) ? { text: bytes.toString('utf8'), bytes: null } : { text: windows1252.decode(bytes), bytes };
}
