/** Reads a date and time as Resurs' interfaces write it: with or without a zone, and with 0 to 9 digits of fraction. Pure. */

const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(?:(Z)|([+-]\d{2})(?::?(\d{2}))?)?$/i;

/** Returns the time; null for any other text. Without a zone it is UTC: the host's zone must not change the result. */
export function parseLooseTime(text: string): Date | null {
  const match = DATE_TIME.exec(text);
  if (match === null) return null;
  const [, day, time, , hours, minutes = '00'] = match;
  const date = new Date(`${day}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
  return Number.isNaN(date.getTime()) ? null : date;
}
