/** Reads a `Retry-After` header (RFC 9110, 10.2.3): seconds or a date, as milliseconds from now; null when unreadable. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  // Date.parse reads bare numbers and fragments as dates too; an HTTP date begins with a day's name.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return null;
  // All three forms of an HTTP date are GMT, but the oldest does not say so.
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
