/** Ids of the Merchant API. They are made of texts, so that the same simulation always has the same ones. Pure. */
import { hash } from 'node:crypto';

/** Returns the UUID of these texts, as a name-based one looks (version 5). */
export function uuidFrom(...texts: readonly string[]): string {
  const digits = hash('sha256', JSON.stringify(texts), 'hex');
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `5${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`];
  return [...parts, digits.slice(20, 32)].join('-');
}
