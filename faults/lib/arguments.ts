/** Integers on a scenario's command line. */

/** Random seeds are below this; any integer of at most nine digits may be given. */
export const MAX_SEED = 2 ** 29;

/** Returns `fallback` without text, and NaN unless the text is an integer of at most nine digits and at least `min`. */
export function parseInteger(
  text: string | undefined,
  { min = 0, fallback }: { readonly min?: number; readonly fallback: number },
): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min ? value : Number.NaN;
}
