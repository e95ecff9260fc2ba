/** On a phone a row of links is wider than the screen: the current one is brought into sight. */
import { useEffect, useRef } from 'preact/hooks';

/**
 * Returns the ref of the element that scrolls. Only that element is scrolled, and only when `current` changes: a refresh
 * moves nothing. `current` must also change when links are added.
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
