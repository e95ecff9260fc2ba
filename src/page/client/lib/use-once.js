/** Asks for one path once, when it is wanted, and again when it is called to. A late answer is dropped. */
import { useEffect, useState } from 'preact/hooks';
import { usePage } from './page.js';

/**
 * @template T
 * @param {string | null} path Null asks nothing.
 * @returns {{ answer: import('../api/requests.js').Answer<T> | null, isLoading: boolean, reload: () => void }}
 */
export function useOnce(path) {
  const { api } = usePage();
  /** @typedef {{ path: string | null, answer: import('../api/requests.js').Answer<T> | null }} State */
  const [state, setState] = useState(/** @type {State} */ ({ path: null, answer: null }));
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === null) return undefined;
    const ended = new AbortController();
    const load = async () => {
      /** @type {import('../api/requests.js').Answer<T>} */
      const answer = await api.get(path, { signal: ended.signal });
      if (!ended.signal.aborted) setState({ path, answer });
    };
    void load();
    return () => ended.abort();
  }, [api, path, turn]);
  const reload = () => {
    setState({ path: null, answer: null });
    setTurn((last) => last + 1);
  };
  const answer = state.path === path ? state.answer : null;
  return { answer, isLoading: path !== null && answer === null, reload };
}
