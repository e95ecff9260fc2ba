/** Texts from outside made safe to print on a terminal. */

const MAX_LENGTH = 120;

/** Returns the text as one line of at most 120 characters: control characters and line breaks become single spaces. */
export function printable(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  if (line.length <= MAX_LENGTH) return line.toWellFormed();
  // Without half a character: JSON and databases refuse one.
  const start = line.slice(0, MAX_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
  return `${start.toWellFormed()}…`;
}

/**
 * Replaces each character that would move the cursor, break the line or hide by U+FFFD. Unlike `printable`, it keeps
 * every character's position, so that two URLs can be compared by eye.
 */
export function replaceInvisible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}
