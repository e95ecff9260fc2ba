/** Labels of the columns of a chart. An hour is in the reader's zone. A day is counted by UTC, so its date is as well. */
import { localeOf } from './time.js';

/** @typedef {'hour' | 'day'} Step @typedef {import('./time.js').Language} Language */

/**
 * Returns the label below a column, such as "14:00" or "3 Mar".
 * @param {string} at @param {Step} step @param {Language} language
 */
export function columnLabel(at, step, language) {
  /** @type {Intl.DateTimeFormatOptions} */
  const options =
    step === 'hour' ? { hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short', timeZone: 'UTC' };
  return new Intl.DateTimeFormat(localeOf(language), options).format(Date.parse(at));
}

/**
 * Returns the whole time of a column, such as "Tue 3 Mar, 14:00".
 * @param {string} at @param {Step} step @param {Language} language
 */
export function columnTime(at, step, language) {
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { weekday: 'short', day: 'numeric', month: 'short' };
  /** @type {Intl.DateTimeFormatOptions} */
  const options = step === 'hour' ? { ...day, hour: '2-digit', minute: '2-digit' } : { ...day, timeZone: 'UTC' };
  return new Intl.DateTimeFormat(localeOf(language), options).format(Date.parse(at));
}
