/**
 * Parses the raw request target: path, query, components, and the characters of percent-escapes. It uses the raw target
 * because a framework's parser loses what matters here: which slash was escaped, whether a name occurred twice, and
 * escapes that are not UTF-8. The callers interpret the names. Each component is decoded exactly once.
 */
import { isUtf8 } from 'node:buffer';

export type NameValue = readonly [name: string, value: string];

/** Visible ASCII without an escape, which needs no decoding: most components. */
const PLAIN = /^[ -$&-~]*$/;
const SCHEME_AND_AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** Splits a target in origin form or absolute form; a fragment, which does not belong in a request, is removed. */
export function splitTarget(target: string): { path: string; query: string } {
  const [whole = ''] = target.replace(SCHEME_AND_AUTHORITY, '').split('#', 1);
  const separatorAt = whole.indexOf('?');
  if (separatorAt === -1) return { path: whole === '' ? '/' : whole, query: '' };
  return { path: separatorAt === 0 ? '/' : whole.slice(0, separatorAt), query: whole.slice(separatorAt + 1) };
}

/**
 * Returns the raw segments after `basePath`, or null if the path is neither `basePath` nor below it. No path is below
 * `/`.
 */
export function segmentsUnder(path: string, basePath: string): readonly string[] | null {
  if (basePath === '/') return path === '/' ? [] : null;

  const base = basePath.replace(/\/$/, '').split('/');
  const segments = path.split('/');
  const isUnder = base.every((segment, i) => {
    const other = segments[i];
    return other !== undefined && decodeComponent(other) === decodeComponent(segment);
  });
  return isUnder ? segments.slice(base.length) : null;
}

/**
 * Parses a query. Only `&` separates: `&amp;` in a registered URL gives names that begin with `amp;`. `+` is a space,
 * as in forms.
 */
export function queryPairs(query: string): NameValue[] {
  const pairs: NameValue[] = [];
  for (const component of query.replaceAll('+', ' ').split('&')) {
    const separatorAt = component.indexOf('=');
    const name = separatorAt === -1 ? component : component.slice(0, separatorAt);
    const value = separatorAt === -1 ? '' : component.slice(separatorAt + 1);
    if (component !== '') pairs.push([decodeComponent(name), decodeComponent(value)]);
  }
  return pairs;
}

/**
 * Decodes percent-escapes to bytes, and also the characters that Node passes as ISO-8859-1. The bytes are decoded as
 * UTF-8 or, if they are not valid UTF-8, as ISO-8859-1 (Resurs does not document which it sends). Broken escapes stay
 * unchanged.
 */
export function decodeComponent(component: string): string {
  if (PLAIN.test(component)) return component;

  const bytes = Buffer.from(
    component
      // Node never passes such characters; text from other callers keeps its meaning.
      .replace(/[\u0100-\uffff]+/g, (text) => Buffer.from(text, 'utf8').toString('latin1'))
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}
