/** Events by the state of their delivery, filtered by what the address says. */
import { useState } from 'preact/hooks';
import { eventsPath, filterOf, hasFilter } from '../../lib/event-filter.js';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { usePages } from '../../lib/use-pages.js';
import { More, Newer } from '../../parts/more.js';
import { Missing, Notice } from '../../parts/notice.js';
import { ReplayDialog } from '../../parts/replay-dialog.js';
import { EVENT_LIST } from './event-list.js';
import { EventTable } from './event-table.js';
import { Filters } from './filters.js';
import { StateTabs } from './state-tabs.js';
import { Toolbar } from './toolbar.js';
import { useSelection } from './use-selection.js';

/** @param {import('../views.js').ViewProps} props */
export function Deliveries({ query, status }) {
  const { texts } = usePage();
  const path = eventsPath(query);
  const pages = usePages(path, EVENT_LIST);
  const selection = useSelection(path);
  const [replay, setReplay] = useState(/** @type {import('../../lib/event-filter.js').ReplayFilter | null} */ (null));
  const isEmpty = pages.rows.length === 0;
  return html`<header class="view-head">
      <h1>${texts.deliveries.heading}</h1>
      <p class="quiet">${texts.deliveries.intro}</p>
    </header>
    <${StateTabs} query=${query} counts=${status.body?.deliveries ?? null} hasWebhook=${hasWebhook(status.body)} />
    <${Filters} query=${query} />
    <${Toolbar} ...${{ query, pages, selection, onReplay: setReplay }} />
    <${Newer} pages=${pages} />
    ${isEmpty ? html`<${Empty} query=${query} pages=${pages} />` : html`<${EventTable} pages=${pages} selection=${selection} />`}
    ${(!isEmpty || pages.hasMore) && html`<${More} pages=${pages} />`}
    ${
      replay !== null &&
      html`<${ReplayDialog} filter=${replay} status=${status.body} onClose=${() => setReplay(null)} />`
    }`;
}

/** @param {import('../../api/types.js').Status | null} status */
function hasWebhook(status) {
  return status === null || status.webhook.state !== 'unset';
}

/**
 * Why no row is shown.
 * @param {{ query: Readonly<Record<string, string>>, pages: import('../../lib/use-pages.js').Pages<unknown> }} props
 */
function Empty({ query, pages }) {
  const { texts } = usePage();
  if (pages.isLoading || pages.asked.refused !== null) {
    return html`<${Missing} asked=${{ isLoading: pages.isLoading, refused: pages.asked.refused }} />`;
  }
  if (pages.hasMore) return html`<${Notice} kind="info">${texts.deliveries.searchFurther}<//>`;
  if (hasFilter(query)) {
    return html`<${Notice} kind="info">
      <p>${texts.deliveries.noMatch}</p>
      <p><a href=${addressOf('deliveries', null, { state: filterOf(query).state })}>${texts.deliveries.clear}</a></p>
    <//>`;
  }
  /** @type {Readonly<Record<string, string>>} */
  const none = texts.deliveries.none;
  return html`<${Notice} kind=${query.state === 'dead_letter' ? 'good' : 'info'}>
    ${none[query.state ?? 'all'] ?? texts.deliveries.noMatch}
  <//>`;
}
