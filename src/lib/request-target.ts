/**
 * The request target taken apart as it came: path, query, pieces, and the characters behind the escapes. It works on the
 * raw target because a framework's parser loses what decides here: which slash was escaped, whether a name came twice,
 * and escapes that are not UTF-8. What names mean is left to callback.ts. Each piece is decoded exactly once.
 */
import { isUtf8 } from 'node:buffer';

export type NameValue = readonly [name: string, value: string];

/** What most pieces are: visible ASCII with no escape, which stands for itself. */
const PLAIN = /^[ -$&-~]*$/;
const SCHEME_AND_AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** Accepts the origin form and the absolute form; a fragment, which has no business in a request, is cut off. */
export function splitTarget(target: string): { path: string; query: string } {
  const [whole = ''] = target.replace(SCHEME_AND_AUTHORITY, '').split('#', 1);
  const separatorAt = whole.indexOf('?');
  if (separatorAt === -1) return { path: whole === '' ? '/' : whole, query: '' };
  return { path: separatorAt === 0 ? '/' : whole.slice(0, separatorAt), query: whole.slice(separatorAt + 1) };
}

/** The raw segments behind `basePath`, or null when the path does not lie on or below it. Nothing lies below `/`. */
export function segmentsUnder(path: string, basePath: string): readonly string[] | null {
  if (basePath === '/') return path === '/' ? [] : null;

  const base = basePath.replace(/\/$/, '').split('/');
  const segments = path.split('/');
  const isBelow = base.every((segment, i) => {
    const other = segments[i];
    return other !== undefined && decodeComponent(other) === decodeComponent(segment);
  });
  return isBelow ? segments.slice(base.length) : null;
}

/** Only `&` separates: `&amp;` in a registered URL yields names that begin with `amp;`. `+` is a space, as in forms. */
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
 * Percent escapes become bytes, and so do the characters Node hands over as ISO-8859-1. The bytes are read as UTF-8 or,
 * when they are none, as ISO-8859-1 (Resurs does not document which it sends). Broken escapes stay as they are.
 */
export function decodeComponent(component: string): string {
  if (PLAIN.test(component)) return component;

  const bytes = Buffer.from(
    component
      // Node never hands over such characters; a caller's own text keeps its meaning.
      .replace(/[\u0100-\uffff]+/g, (text) => Buffer.from(text, 'utf8').toString('latin1'))
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}
