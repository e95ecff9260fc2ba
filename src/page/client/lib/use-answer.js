/**
 * Asks for one path again and again, and returns its last answer. An answer of another path, or one that an answer to a
 * later question has overtaken, is dropped: it never throws the reader back. While the service is silent the last
 * answer stays.
 */
import { useEffect, useState } from 'preact/hooks';
import { usePage } from './page.js';

/**
 * @template T
 * @typedef {object} Asked
 * @property {T | null} body Of the last good answer; null before the first one.
 * @property {import('../api/requests.js').Refused | null} refused Why the last one was no good answer.
 * @property {boolean} isLoading Nothing was answered yet.
 * @property {() => void} reload Asks at once, and not for a shared answer: after a change.
 */

/**
 * @template T
 * @param {string | null} path Null asks nothing.
 * @returns {Asked<T>}
 */
export function useAnswer(path) {
  const { api, refresher } = usePage();
  /** @typedef {{ path: string | null, body: T | null, refused: import('../api/requests.js').Refused | null }} State */
  const [state, setState] = useState(/** @type {State} */ ({ path, body: null, refused: null }));
  const [reload, setReload] = useState(() => () => {});

  useEffect(() => {
    if (path === null) return undefined;
    const ended = new AbortController();
    let asked = 0;
    let answered = 0;
    const load = async (/** @type {boolean} */ shared) => {
      asked += 1;
      const turn = asked;
      /** @type {import('../api/requests.js').Answer<T>} */
      const answer = await api.get(path, { shared, signal: ended.signal });
      if (ended.signal.aborted || turn < answered) return;
      answered = turn;
      if (answer.outcome === 'answered') setState({ path, body: answer.body, refused: null });
      if (answer.outcome === 'refused') {
        setState((last) => ({
          path,
          body: last.path === path && answer.status >= 500 ? last.body : null,
          refused: answer,
        }));
      }
    };
    const remove = refresher.add(load);
    setReload(() => () => void load(false));
    void load(true);
    return () => {
      ended.abort();
      remove();
    };
  }, [path, api, refresher]);

  const isCurrent = state.path === path;
  const body = isCurrent ? state.body : null;
  const refused = isCurrent ? state.refused : null;
  return { body, refused, isLoading: body === null && refused === null, reload };
}
