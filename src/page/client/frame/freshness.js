/** When the page was last updated, and whether the service can still be reached. */
import { useState } from 'preact/hooks';
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';
import { shortTime } from '../lib/time.js';
import { Notice } from '../parts/notice.js';
import { Time, useNow } from '../parts/time.js';

/** @param {{ reached: import('./app.js').Reached }} props */
export function Freshness({ reached }) {
  const { texts, refresher } = usePage();
  const [isPaused, setPaused] = useState(refresher.isPaused());
  const pause = () => {
    refresher.pause(!isPaused);
    setPaused(!isPaused);
  };
  const at = reached.answeredAt === null ? null : new Date(reached.answeredAt).toISOString();
  return html`<div class="freshness">
    <p>
      ${isPaused ? html`<b>${texts.refresh.paused}</b>` : texts.refresh.updated}${' '}
      <${Time} at=${at} kind="short" none=${texts.refresh.never} />
    </p>
    <p>
      <button type="button" class="button small" aria-label=${texts.refresh.now} onClick=${refresher.refresh}>
        ${texts.refresh.nowShort}
      </button>
      <button type="button" class="button small" aria-label=${isPaused ? texts.refresh.resume : texts.refresh.pause}
        onClick=${pause}>
        ${isPaused ? texts.refresh.resumeShort : texts.refresh.pauseShort}
      </button>
    </p>
  </div>`;
}

/** Says that the service is not there. @param {{ reached: import('./app.js').Reached }} props */
export function Lost({ reached: { connection, answeredAt } }) {
  const { texts, language } = usePage();
  const now = useNow();
  const since = answeredAt === null ? '–' : shortTime(answeredAt, now, language);
  const isLost = connection === 'unreachable';
  return html`<div role="alert" class="lost">
    ${isLost && html`<${Notice} kind="bad">${texts.refresh.lost(since)}<//>`}
    ${connection === 'database' && html`<${Notice} kind="bad">${texts.refresh.database}<//>`}
  </div>`;
}
