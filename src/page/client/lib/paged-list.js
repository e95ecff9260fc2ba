/**
 * A list that is read page by page while new rows come at its head. What is shown never moves by itself: rows that are
 * known change in place, and new ones are only counted until the reader wants them. Pure.
 */

/**
 * How the rows of a list are told apart. A higher rank stands further up.
 * @template Body, Row
 * @typedef {object} ListOf
 * @property {(body: Body) => readonly Row[]} rows
 * @property {(body: Body) => string | null} next
 * @property {(row: Row) => string} key
 * @property {(row: Row) => number} rank
 */

/**
 * @template Row
 * @typedef {{ readonly row: Row, readonly isGone: boolean }} Shown A row that is gone matches no longer.
 */

/**
 * @template Row
 * @typedef {{ readonly path: string, readonly rows: readonly Shown<Row>[], readonly next: string | null }} Kept
 */

/** @template Row @param {readonly Row[]} rows @returns {Shown<Row>[]} */
function shownOf(rows) {
  return rows.map((row) => ({ row, isGone: false }));
}

/**
 * Returns what is shown after the first page was read again.
 * @template Body, Row
 * @param {ListOf<Body, Row>} list @param {Kept<Row> | null} kept @param {{ path: string, body: Body }} read
 * @returns {Kept<Row>}
 */
export function withFirstPage(list, kept, { path, body }) {
  const rows = list.rows(body);
  const next = list.next(body);
  if (kept === null || kept.path !== path) return { path, rows: shownOf(rows), next };
  // Perhaps the reader has searched further, where nothing was found yet.
  if (kept.rows.length === 0) return rows.length === 0 ? kept : { path, rows: shownOf(rows), next };
  const byKey = new Map(rows.map((row) => [list.key(row), row]));
  const lowest = next === null ? Number.NEGATIVE_INFINITY : Math.min(...rows.map(list.rank));
  return {
    ...kept,
    rows: kept.rows.map(({ row, isGone }) => {
      const read = byKey.get(list.key(row));
      if (read !== undefined) return { row: read, isGone: false };
      return { row, isGone: isGone || list.rank(row) > lowest };
    }),
  };
}

/**
 * Returns the rows of the first page that belong among those that are shown, and are not.
 * @template Body, Row
 * @param {ListOf<Body, Row>} list @param {Kept<Row>} kept @param {Body} body
 * @returns {readonly Row[]}
 */
export function newerRows(list, kept, body) {
  if (kept.rows.length === 0) return [];
  const known = new Set(kept.rows.map(({ row }) => list.key(row)));
  const lowest =
    kept.next === null ? Number.NEGATIVE_INFINITY : Math.min(...kept.rows.map(({ row }) => list.rank(row)));
  return list.rows(body).filter((row) => !known.has(list.key(row)) && list.rank(row) > lowest);
}

/**
 * Returns the list with the newer rows in it, and without those that are gone. Where more came than one page has, the
 * list begins anew, so that there is no hole in it.
 * @template Body, Row
 * @param {ListOf<Body, Row>} list @param {Kept<Row>} kept @param {Body} body
 * @returns {Kept<Row>}
 */
export function withNewer(list, kept, body) {
  const rows = list.rows(body);
  const newer = newerRows(list, kept, body);
  const hasHole = newer.length === rows.length && list.next(body) !== null;
  if (hasHole) return { path: kept.path, rows: shownOf(rows), next: list.next(body) };
  const left = kept.rows.filter(({ isGone }) => !isGone);
  const all = [...shownOf(newer), ...left].sort((one, other) => list.rank(other.row) - list.rank(one.row));
  return { ...kept, rows: all };
}

/**
 * Returns the list with the page that begins at the cursor. The list may have begun again since the page was asked for;
 * then it stays as it is, so that there is no hole in it.
 * @template Body, Row
 * @param {ListOf<Body, Row>} list @param {Kept<Row>} kept @param {{ cursor: string, body: Body }} read
 * @returns {Kept<Row>}
 */
export function withNextPage(list, kept, { cursor, body }) {
  if (kept.next !== cursor) return kept;
  const known = new Set(kept.rows.map(({ row }) => list.key(row)));
  const further = list.rows(body).filter((row) => !known.has(list.key(row)));
  return { ...kept, rows: [...kept.rows, ...shownOf(further)], next: list.next(body) };
}
