/** What stands above and below a list that is read page by page: what has come meanwhile, and the next page. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';
import { number } from '../lib/time.js';
import { problemOf } from './notice.js';

/** @param {{ pages: import('../lib/use-pages.js').Pages<unknown> }} props */
export function Newer({ pages }) {
  const { texts, language } = usePage();
  const { newer, showNewer } = pages;
  return html`<div class="newer" aria-live="polite">
    ${
      newer > 0 &&
      html`<button type="button" class="button small" onClick=${showNewer}>
        ${texts.deliveries.newer(newer, number(newer, language))}
      </button>`
    }
  </div>`;
}

/** @param {{ pages: import('../lib/use-pages.js').Pages<unknown> }} props */
export function More({ pages }) {
  const { texts, language, announce } = usePage();
  const { rows, hasMore, isReading, more } = pages;
  const [problem, setProblem] = useState('');
  const end = useRef(/** @type {HTMLElement | null} */ (null));
  const wasPressed = useRef(false);
  const count = texts.deliveries.shown(rows.length, number(rows.length, language));
  useEffect(() => {
    if (!wasPressed.current || isReading) return;
    wasPressed.current = false;
    announce(count);
    // The button is gone, so the focus goes to what stands in its place.
    if (!hasMore) end.current?.focus();
  }, [isReading, hasMore, count, announce]);
  const press = async () => {
    wasPressed.current = true;
    setProblem('');
    const answer = await more();
    setProblem(answer === null ? '' : (problemOf(answer, texts) ?? ''));
  };
  return html`<div class="more">
    <span class="quiet" tabindex="-1" ref=${end}>${count}</span>
    ${
      hasMore &&
      html`<button type="button" class="button" disabled=${isReading} onClick=${press}>
        ${isReading ? texts.common.loading : texts.common.more}
      </button>`
    }
    <span role="alert">${problem}</span>
  </div>`;
}
