/** Times as a field for date and time has them: in the reader's zone, to the minute. Pure. */

/**
 * Returns the value of the field; '' for what is no time.
 * @param {string | undefined} iso
 */
export function toLocal(iso) {
  const date = new Date(iso ?? '');
  if (Number.isNaN(date.getTime())) return '';
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/**
 * Returns the time as the API takes it; '' for what is no time.
 * @param {string} local
 */
export function fromLocal(local) {
  const date = new Date(local);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

/**
 * Returns the whole minute that was so long ago.
 * @param {number} nowMs @param {number} agoMs
 */
export function minuteAgo(nowMs, agoMs) {
  const MINUTE_MS = 60_000;
  return new Date(Math.floor((nowMs - agoMs) / MINUTE_MS) * MINUTE_MS).toISOString();
}
