/** Which deliveries a replay is about, in words. Pure. */
import { absoluteTime, number } from './time.js';
import { wordOf } from './words.js';

/**
 * Returns the parts of a filter, such as "given up" and "reason 503".
 * @param {import('../texts/en.js').Texts} texts @param {import('./time.js').Language} language
 * @param {Readonly<Record<string, unknown>>} filter As the API lists it; `ids` is how many, or the ids.
 * @returns {readonly string[]}
 */
export function filterWords(texts, language, filter) {
  const words = texts.replays.filter;
  const text = (/** @type {string} */ field) => (typeof filter[field] === 'string' ? filter[field] : null);
  const time = (/** @type {string} */ field) => {
    const ms = Date.parse(text(field) ?? '');
    return Number.isNaN(ms) ? text(field) : absoluteTime(ms, language);
  };
  const ids = Array.isArray(filter.ids) ? filter.ids.length : filter.ids;
  const state = text('state');
  /** @type {readonly (string | null)[]} */
  const parts = [
    typeof ids === 'number' ? words.ids(ids, number(ids, language)) : null,
    state === null ? null : state === 'delivered' || state === 'dead_letter' ? words[state] : state,
    sentence(text('reason'), words.reason),
    sentence(text('type'), (type) => words.type(wordOf(texts.types, type))),
    sentence(text('paymentId'), words.payment),
    sentence(text('orderReference'), words.order),
    sentence(text('provider'), words.provider),
    sentence(time('from'), words.from),
    sentence(time('to'), words.to),
  ];
  return parts.filter((part) => part !== null);
}

/** @param {string | null} value @param {(value: string) => string} words */
function sentence(value, words) {
  return value === null ? null : words(value);
}
