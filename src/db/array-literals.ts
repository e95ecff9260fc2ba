/**
 * Formats arrays as Postgres reads them. `pg` does it too, for values of any kind, and searches and replaces in each of
 * them; statements of many rows spend a large part of their time there.
 */

/** Formats values that need no quotes: numbers, booleans, UUIDs. */
export function plainArray(values: readonly (number | boolean | string | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/** Formats texts, and what is written as text. */
export function textArray(values: readonly (string | null)[]): string {
  return `{${values.map(quoted).join(',')}}`;
}

/** Formats bytes. */
export function byteaArray(values: readonly (Buffer | null)[]): string {
  return `{${values.map((bytes) => (bytes === null ? 'NULL' : `"\\\\x${bytes.toString('hex')}"`)).join(',')}}`;
}

const ESCAPED = /["\\]/;

function quoted(text: string | null): string {
  if (text === null) return 'NULL';
  return `"${ESCAPED.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`;
}
