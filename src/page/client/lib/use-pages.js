/** Reads a list page by page, and its first page again and again. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { usePage } from './page.js';
import { newerRows, withFirstPage, withNewer, withNextPage } from './paged-list.js';
import { useAnswer } from './use-answer.js';

/** A page may be empty with more behind it: one press of the button reads so many of them at most. */
const MAX_EMPTY_PAGES = 5;

/**
 * @template Row
 * @typedef {object} Pages
 * @property {readonly import('./paged-list.js').Shown<Row>[]} rows
 * @property {boolean} hasMore
 * @property {boolean} isReading The next page is being read.
 * @property {number} newer How many rows have come that are not shown.
 * @property {() => void} showNewer
 * @property {() => Promise<import('../api/requests.js').Answer<unknown> | null>} more Reads the next page; returns the answer if it is none.
 * @property {import('../lib/use-answer.js').Asked<unknown>} asked
 * @property {boolean} isLoading
 */

/**
 * @template Body, Row
 * @param {string} path With a query. @param {import('./paged-list.js').ListOf<Body, Row>} list Always the same one.
 * @returns {Pages<Row>}
 */
export function usePages(path, list) {
  const { api } = usePage();
  /** @type {import('./use-answer.js').Asked<Body>} */
  const asked = useAnswer(path);
  const [state, setState] = useState(/** @type {import('./paged-list.js').Kept<Row> | null} */ (null));
  const [isReading, setReading] = useState(false);
  const current = useRef(path);
  current.current = path;
  const { body } = asked;
  useEffect(() => {
    if (body !== null) setState((last) => withFirstPage(list, last, { path, body }));
  }, [body, path, list]);
  useEffect(() => setReading(false), [path]);

  const kept = state?.path === path ? state : null;
  const newer = useMemo(() => (kept === null || body === null ? [] : newerRows(list, kept, body)), [kept, body, list]);
  const more = async () => {
    setReading(true);
    const isCurrent = () => current.current === path;
    const onPage = (/** @type {{ cursor: string, body: Body }} */ page) => {
      setState((last) => (last?.path === path ? withNextPage(list, last, page) : last));
    };
    const answer = await readOn(api, path, { list, next: kept?.next ?? null, isCurrent, onPage });
    if (isCurrent()) setReading(false);
    return answer;
  };
  return {
    rows: kept?.rows ?? [],
    hasMore: kept !== null && kept.next !== null,
    isReading,
    // A page that is being read belongs to the list as it is.
    newer: isReading ? 0 : newer.length,
    showNewer: () => {
      if (body !== null) setState((last) => (last?.path === path ? withNewer(list, last, body) : last));
    },
    more,
    asked,
    isLoading: kept === null && asked.refused === null,
  };
}

/**
 * Reads pages until one has rows. Returns the answer if it is none.
 * @template Body, Row
 * @param {import('../api/requests.js').Api} api @param {string} path
 * @param {{ list: import('./paged-list.js').ListOf<Body, Row>, next: string | null, isCurrent: () => boolean,
 *   onPage: (page: { cursor: string, body: Body }) => void }} reading
 */
async function readOn(api, path, { list, next, isCurrent, onPage }) {
  let cursor = next;
  for (let page = 0; cursor !== null && page < MAX_EMPTY_PAGES; page++) {
    /** @type {import('../api/requests.js').Answer<Body>} */
    const answer = await api.get(`${path}&cursor=${encodeURIComponent(cursor)}`);
    if (!isCurrent()) return null;
    if (answer.outcome !== 'answered') return answer;
    onPage({ cursor, body: answer.body });
    cursor = list.rows(answer.body).length > 0 ? null : list.next(answer.body);
  }
  return null;
}

/**
 * Returns what reads the pages of a list for its export.
 * @template Body, Row
 * @param {import('../api/requests.js').Api} api @param {string} path With a query.
 * @param {import('./paged-list.js').ListOf<Body, Row>} list
 * @returns {import('../parts/export.js').NextPage<Row>}
 */
export function pagesForExport(api, path, list) {
  return async (cursor) => {
    const from = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    /** @type {import('../api/requests.js').Answer<Body>} */
    const answer = await api.get(`${path}${from}`);
    return answer.outcome === 'answered' ? { rows: list.rows(answer.body), next: list.next(answer.body) } : null;
  };
}
