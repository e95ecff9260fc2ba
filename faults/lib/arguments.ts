/** Numbers on the command line of a scenario. */

/** Seeds that are drawn are below this; any whole number of nine digits may be given. */
export const MAX_SEED = 2 ** 29;

/** NaN when the text is no whole number of at most nine digits, or a smaller one than `least`. */
export function numberOf(
  text: string | undefined,
  { least = 0, otherwise }: { readonly least?: number; readonly otherwise: number },
): number {
  if (text === undefined) return otherwise;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least ? value : Number.NaN;
}
