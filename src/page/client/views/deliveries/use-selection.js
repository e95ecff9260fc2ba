/** Which events are chosen for a replay. A refresh and a further page keep them; another filter forgets them. */
import { useEffect, useRef, useState } from 'preact/hooks';

/** As many as one replay takes. */
export const MAX_SELECTED = 1_000;

/**
 * @typedef {object} Selection
 * @property {ReadonlySet<string>} ids
 * @property {(id: string, options: { isRange: boolean, shown: readonly string[] }) => void} toggle `isRange`: all from the one before to this.
 * @property {(ids: readonly string[]) => void} add
 * @property {() => void} clear
 */

/** @type {ReadonlySet<string>} */
const NONE = new Set();

/** @param {string} path @returns {Selection} */
export function useSelection(path) {
  const [ids, setIds] = useState(NONE);
  const last = useRef(/** @type {string | null} */ (null));
  useEffect(() => {
    setIds(NONE);
    last.current = null;
  }, [path]);
  return {
    ids,
    toggle(id, { isRange, shown }) {
      const range = isRange ? between(shown, last.current, id) : [id];
      last.current = id;
      setIds((before) => {
        const after = new Set(before);
        for (const one of range) {
          if (before.has(id)) after.delete(one);
          else after.add(one);
        }
        return after;
      });
    },
    add: (more) => setIds((before) => new Set([...before, ...more])),
    clear: () => setIds(NONE),
  };
}

/** @param {readonly string[]} shown @param {string | null} from @param {string} to */
function between(shown, from, to) {
  const ends = [from === null ? -1 : shown.indexOf(from), shown.indexOf(to)];
  return ends.includes(-1) ? [to] : shown.slice(Math.min(...ends), Math.max(...ends) + 1);
}
