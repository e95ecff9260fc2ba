/** On a phone a row of links is wider than the screen: the current one is brought into sight. */
import { useEffect, useRef } from 'preact/hooks';

/**
 * Returns the ref of what scrolls. It is scrolled when `current` changes, not by a refresh, and nothing else is. `current` also
 * says whether all links are there.
 * @param {string} current
 */
export function useCurrentInSight(current) {
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const row = list.current;
    const link = row?.querySelector('[aria-current]');
    if (row === null || !(link instanceof HTMLElement)) return;
    const [inner, outer] = [link.getBoundingClientRect(), row.getBoundingClientRect()];
    row.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
  }, [current]);
  return list;
}
