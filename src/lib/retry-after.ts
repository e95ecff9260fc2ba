/** For what is longer than any number can say; the caller has a limit of its own. */
const FOR_EVER_MS = Number.MAX_SAFE_INTEGER;

/**
 * Parses a `Retry-After` header (RFC 9110, 10.2.3), seconds or a date, to milliseconds from now; null if it is invalid.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, FOR_EVER_MS);
  // Date.parse also accepts bare numbers and fragments; an HTTP date begins with the name of a day.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return null;
  // All three forms of an HTTP date are GMT, but the oldest does not say so.
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  // A year that no date of JavaScript reaches.
  if (Number.isNaN(date) && /^[A-Za-z]{3}, \d{2} [A-Za-z]{3} \d{5,} /.test(text)) return FOR_EVER_MS;
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
