/** Which colour and pattern each series has: the same one in every time span. Pure. */
import { OTHER } from './chart-data.js';

/** @typedef {'1' | '2' | '3' | '4' | '5' | '6' | 'other' | 'bad'} Look */

/** @type {readonly Look[]} */
const LOOKS = ['1', '2', '3', '4', '5', '6'];

/** What most shops see most of. @type {ReadonlyMap<string, Look>} */
const USUAL = new Map([
  ['payment.booked', '1'],
  ['payment.authorized', '1'],
  ['payment.finalized', '2'],
  ['payment.captured', '2'],
  ['payment.annulled', '3'],
  ['payment.frozen', '4'],
  ['payment.unfrozen', '5'],
  ['payment.thawed', '5'],
  ['payment.updated', '6'],
  ['204', '1'],
  ['410', '2'],
  ['202', '3'],
  ['503', '4'],
  ['401', '5'],
  ['404', '6'],
  ['406', 'bad'],
]);

/**
 * Returns a look for each name; no two have the same one, but for those beyond all looks.
 * @param {readonly string[]} names @returns {ReadonlyMap<string, Look>}
 */
export function looksOf(names) {
  /** @type {Map<string, Look>} */
  const looks = new Map();
  const isFree = (/** @type {Look} */ look) => ![...looks.values()].includes(look);
  for (const name of names) {
    const usual = USUAL.get(name);
    if (usual !== undefined && isFree(usual)) looks.set(name, usual);
  }
  for (const name of names) {
    if (!looks.has(name)) looks.set(name, name === OTHER ? 'other' : (LOOKS.find(isFree) ?? 'other'));
  }
  return looks;
}
