/** Parses ISO 8601 dates and times more strictly than `Date` does. Pure. */

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
const HAS_ZONE = /(Z|[+-]\d{2}:\d{2})$/;

/** Parses a date and time; null when it is invalid, undefined when there is none. A time without a zone is UTC. */
export function parseIsoTime(text: string | undefined): Date | null | undefined {
  if (text === undefined) return undefined;
  if (!ISO.test(text)) return null;
  const [year = 0, month = 0, day = 0] = text.slice(0, 'yyyy-mm-dd'.length).split('-').map(Number);
  // The built-in parser takes 30 February for 2 March.
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null;
  const date = new Date(text.includes('T') && !HAS_ZONE.test(text) ? `${text}Z` : text);
  return Number.isNaN(date.getTime()) ? null : date;
}
