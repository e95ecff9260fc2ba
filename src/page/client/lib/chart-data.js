/** What the charts show of the answer of `GET /statistics`. Pure. */

/**
 * A chart: columns in time order, each with a value for each series; null is no value.
 * @typedef {{ readonly at: string, readonly values: Readonly<Record<string, number | null>> }} Column
 */

/** Most series of a stack that an eye can tell apart. The others are added up. */
const MAX_SERIES = 6;
export const OTHER = 'other';

/**
 * Returns the names of a stack by how much there was of each, the most first; beyond six they become one.
 * @param {readonly Readonly<Record<string, number>>[]} counts
 */
export function namesByAmount(counts) {
  const sums = new Map();
  for (const count of counts) {
    for (const [name, value] of Object.entries(count)) sums.set(name, (sums.get(name) ?? 0) + value);
  }
  const names = [...sums.keys()].filter((name) => sums.get(name) > 0);
  names.sort((one, other) => sums.get(other) - sums.get(one) || one.localeCompare(other));
  return names.length <= MAX_SERIES ? names : [...names.slice(0, MAX_SERIES - 1), OTHER];
}

/**
 * Returns the columns of a stack with those names; what has another name is `other`.
 * @param {readonly import('../api/types.js').StatisticsPoint[]} points @param {readonly string[]} names
 * @param {(point: import('../api/types.js').StatisticsPoint) => Readonly<Record<string, number>>} pick
 * @returns {Column[]}
 */
export function stackColumns(points, names, pick) {
  return points.map((point) => {
    /** @type {Record<string, number>} */
    const values = Object.fromEntries(names.map((name) => [name, 0]));
    for (const [name, value] of Object.entries(pick(point))) {
      const shown = names.includes(name) ? name : OTHER;
      if (names.includes(shown)) values[shown] = (values[shown] ?? 0) + value;
    }
    return { at: point.at, values };
  });
}

/** @param {readonly import('../api/types.js').StatisticsPoint[]} points @returns {Column[]} */
export function delayColumns(points) {
  return points.map(({ at, delayMs }) => ({
    at,
    values: { median: delayMs?.median ?? null, p95: delayMs?.p95 ?? null },
  }));
}

/** @param {readonly Column[]} columns @param {string} name */
export function sumOf(columns, name) {
  return columns.reduce((sum, { values }) => sum + (values[name] ?? 0), 0);
}

/** Whether the answer makes Resurs retry: everything but 2xx. @param {string} status */
export function isTurnedAway(status) {
  return !/^2\d\d$/.test(status);
}

/** @param {readonly import('../api/types.js').StatisticsPoint[]} points */
export function turnedAwayIn(points) {
  const counts = points.flatMap(({ callbacks }) => Object.entries(callbacks));
  return counts.reduce((sum, [status, count]) => sum + (isTurnedAway(status) ? count : 0), 0);
}
