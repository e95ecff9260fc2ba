/** A random key. `crypto.randomUUID` is missing on plain http, `getRandomValues` is not. */

const BYTES = 16;

/** @param {(bytes: Uint8Array<ArrayBuffer>) => Uint8Array} [fill] */
export function randomKey(fill = (bytes) => crypto.getRandomValues(bytes)) {
  return Array.from(fill(new Uint8Array(BYTES)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
