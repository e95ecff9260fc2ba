/** The header `Retry-After`. Pure. */
import { parseHttpDate } from './http-date.ts';

/** For what is longer than any number can say; the caller has a limit of its own. */
const FOR_EVER_MS = Number.MAX_SAFE_INTEGER;

/**
 * Parses a `Retry-After` header (RFC 9110, 10.2.3), seconds or a date, to milliseconds from now; null if it is invalid.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, FOR_EVER_MS);
  const date = parseHttpDate(text);
  if (date !== null) return Math.max(0, date.getTime() - nowMs);
  // A year that no date of JavaScript reaches.
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Za-z]{3} \d{5,} /.test(text) ? FOR_EVER_MS : null;
}
