/** Parses a date of HTTP (RFC 9110, 5.6.7), in any of its three forms; null if it is none. Pure. */
export function parseHttpDate(value: string | undefined): Date | null {
  const text = value?.trim() ?? '';
  // Date.parse also accepts bare numbers and fragments; an HTTP date begins with the name of a day.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return null;
  // All three forms are GMT, but the oldest does not say so.
  const date = new Date(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(date.getTime()) ? null : date;
}
