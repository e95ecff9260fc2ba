/** Times and durations in words of a language, in the reader's time zone. Pure. */

/** @typedef {'en' | 'sv'} Language */

/** The Swedish locale for numbers and dates; for English the British one, whose dates cannot be misread. */
const LOCALES = { en: 'en-GB', sv: 'sv-SE' };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @type {readonly (readonly [number, Intl.RelativeTimeFormatUnit])[]} */
const STEPS = [
  [DAY, 'day'],
  [HOUR, 'hour'],
  [MINUTE, 'minute'],
  [SECOND, 'second'],
];

const STEPS_LAST = /** @type {const} */ ([SECOND, 'second']);

/** @param {Language} language */
export function localeOf(language) {
  return LOCALES[language];
}

/**
 * Formats are made once: a long list has thousands of times, and making one takes longer than using it.
 * @type {Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>}
 */
const formats = new Map();

/**
 * @template {Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat} Format
 * @template {object} Options
 * @param {new (locale: string, options: Options) => Format} Kind @param {Language} language @param {Options} options
 * @returns {Format}
 */
function formatOf(Kind, language, options) {
  const key = JSON.stringify([Kind.name, language, options]);
  const format = /** @type {Format | undefined} */ (formats.get(key)) ?? new Kind(LOCALES[language], options);
  formats.set(key, format);
  return format;
}

/**
 * Returns "3 min ago" or "in 40 sec".
 * @param {number} atMs @param {number} nowMs @param {Language} language
 */
export function relativeTime(atMs, nowMs, language) {
  const distance = atMs - nowMs;
  // The 36 hours of Resurs are not "1 day".
  const isLong = Math.abs(distance) >= 2 * DAY;
  const [ms, unit] = STEPS.find(([step]) => Math.abs(distance) >= step && (step !== DAY || isLong)) ?? STEPS_LAST;
  // "Now" is a word; "yesterday" is not used, because 30 hours ago may be the day before it.
  /** @type {Intl.RelativeTimeFormatOptions} */
  const options = { numeric: Math.abs(distance) < SECOND ? 'auto' : 'always', style: 'short' };
  const format = formatOf(Intl.RelativeTimeFormat, language, options);
  return format.format(Math.trunc(distance / ms), unit);
}

/** @type {Intl.DateTimeFormatOptions} */
const ABSOLUTE = {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
};

/**
 * Returns date and time to the second, with the zone.
 * @param {number} atMs @param {Language} language
 */
export function absoluteTime(atMs, language) {
  return formatOf(Intl.DateTimeFormat, language, ABSOLUTE).format(atMs);
}

/**
 * Returns the time of day, with the date where it is another day than `nowMs`.
 * @param {number} atMs @param {number} nowMs @param {Language} language
 */
export function shortTime(atMs, nowMs, language) {
  const isToday = new Date(atMs).toDateString() === new Date(nowMs).toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const day = isToday ? {} : { month: 'short', day: 'numeric' };
  const year =
    new Date(atMs).getFullYear() === new Date(nowMs).getFullYear() ? {} : { year: /** @type {const} */ ('numeric') };
  const time = /** @type {const} */ ({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  return formatOf(Intl.DateTimeFormat, language, { ...year, ...day, ...time }).format(atMs);
}

/**
 * Returns a duration such as "850 ms", "1.2 s", "12 min", "3 h 5 min", "2 d 4 h".
 * @param {number} ms @param {Language} language
 */
export function duration(ms, language) {
  const number = (/** @type {number} */ value, digits = 0) =>
    formatOf(Intl.NumberFormat, language, { maximumFractionDigits: digits }).format(value);
  if (Math.round(ms) < SECOND) return `${number(Math.max(0, Math.round(ms)))} ms`;
  if (ms < 9.95 * SECOND) return `${number(ms / SECOND, 1)} s`;
  if (Math.round(ms / SECOND) < 60) return `${number(Math.round(ms / SECOND))} s`;
  if (ms < MINUTE) return `${number(1)} min`;
  if (ms < HOUR) return `${number(Math.floor(ms / MINUTE))} min`;
  const day = language === 'sv' ? 'dygn' : 'd';
  const [big, bigName, small, smallName] =
    ms < DAY ? [HOUR, 'h', MINUTE, 'min'] : /** @type {const} */ ([DAY, day, HOUR, 'h']);
  const rest = Math.floor((ms % big) / small);
  return `${number(Math.floor(ms / big))} ${bigName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}

/**
 * Returns a number with the separators of the language.
 * @param {number} value @param {Language} language
 */
export function number(value, language) {
  return formatOf(Intl.NumberFormat, language, {}).format(value);
}

/** @type {Intl.DateTimeFormatOptions} */
const DAY_OF = { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' };

/**
 * Returns an amount such as "1204.50" with the decimal sign of the language; its digits are kept.
 * @param {string} amount @param {Language} language
 */
export function decimal(amount, language) {
  return language === 'sv' ? amount.replace('.', ',') : amount;
}

/**
 * Returns a day such as "Friday 20 November 2026".
 * @param {number} atMs @param {Language} language
 */
export function dayOf(atMs, language) {
  return formatOf(Intl.DateTimeFormat, language, DAY_OF).format(atMs);
}
