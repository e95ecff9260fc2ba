/**
 * The classes in which delays are counted, so that the median of any time span comes from sums. Each is a tenth wider
 * than the one before, so a value that is read from its class is wrong by less than a tenth, or by less than 1 ms below
 * 1 ms. Pure.
 */

const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
/** Ends after more than a thousand years; the names of all classes have three digits. */
const LAST_CLASS = 400;

/** How many delays are in each class, by its name. */
export type DelayCounts = ReadonlyMap<string, number>;

/** Returns the name of a delay's class; names sort as the delays do. 000 is below 1 ms, 001 below 1.1 ms, and so on. */
export function delayClass(delayMs: number): string {
  const index = delayMs < 1 ? 0 : 1 + Math.floor(Math.log(delayMs) / LOG_GROWTH);
  return String(Math.min(index, LAST_CLASS)).padStart(3, '0');
}

/**
 * Estimates the delay that this share of all does not exceed: the smallest one that `share` of them reach. Returns null
 * when there is none.
 */
export function delayAt(share: number, counts: DelayCounts): number | null {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const rank = Math.max(1, Math.ceil(share * total));
  let before = 0;
  for (const [name, count] of [...counts].sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (before + count >= rank) return within(Number(name), (rank - before - 0.5) / count);
    before += count;
  }
  return null;
}

/** The delays of a class count as spread evenly over it. */
function within(index: number, fraction: number): number {
  const lower = index === 0 ? 0 : GROWTH ** (index - 1);
  const upper = GROWTH ** index;
  const delayMs = lower + fraction * (upper - lower);
  return Math.round(delayMs * 10) / 10;
}
