/** The languages of the page. */
import { en } from './en.js';
import { sv } from './sv.js';

/** @type {Readonly<Record<import('../lib/time.js').Language, import('./en.js').Texts>>} */
export const TEXTS = { en, sv };

/**
 * Returns the first language of the browser's that the page has, else English.
 * @param {readonly string[]} preferred Such as `sv-FI`, the most wanted first.
 * @returns {import('../lib/time.js').Language}
 */
export function chooseLanguage(preferred) {
  for (const tag of preferred) {
    const language = tag.toLowerCase().split('-')[0];
    if (language === 'sv' || language === 'en') return language;
  }
  return 'en';
}
