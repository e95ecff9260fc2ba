/** What can be done with the list: select, replay, export. */
import { eventsPath, replayFilterOf } from '../../lib/event-filter.js';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { number } from '../../lib/time.js';
import { pagesForExport } from '../../lib/use-pages.js';
import { Export } from '../../parts/export.js';
import { EVENT_COLUMNS, EVENT_LIST, isReplayable } from './event-list.js';
import { MAX_SELECTED } from './use-selection.js';

/**
 * @typedef {object} ToolbarProps
 * @property {Readonly<Record<string, string>>} query
 * @property {import('../../lib/use-pages.js').Pages<import('../../api/types.js').Event>} pages
 * @property {import('./use-selection.js').Selection} selection
 * @property {(filter: import('../../lib/event-filter.js').ReplayFilter) => void} onReplay
 */

/** @param {ToolbarProps} props */
export function Toolbar({ query, pages, selection, onReplay }) {
  const { api } = usePage();
  const next = pagesForExport(api, eventsPath(query, { isForExport: true }), EVENT_LIST);
  return html`<div class="toolbar">
    <${SelectShown} pages=${pages} selection=${selection} />
    <${ReplaySelection} selection=${selection} onReplay=${onReplay} />
    <${ReplayAll} query=${query} onReplay=${onReplay} />
    <${Export} name="deliveries" columns=${EVENT_COLUMNS} next=${next} />
  </div>`;
}

/** @param {Pick<ToolbarProps, 'pages' | 'selection'>} props */
function SelectShown({ pages, selection }) {
  const { texts } = usePage();
  const shown = pages.rows.filter(({ row, isGone }) => isReplayable(row) && !isGone).map(({ row }) => row.id);
  const chosen = shown.filter((id) => selection.ids.has(id)).length;
  const isAll = shown.length > 0 && chosen === shown.length;
  return html`<label class="select-shown">
    <input type="checkbox" checked=${isAll} indeterminate=${chosen > 0 && !isAll} disabled=${shown.length === 0}
      onChange=${() => (isAll ? selection.clear() : selection.add(shown))} />
    ${texts.deliveries.selectShown}
  </label>`;
}

/** @param {Pick<ToolbarProps, 'selection' | 'onReplay'>} props */
function ReplaySelection({ selection, onReplay }) {
  const { texts, language, mayChange } = usePage();
  const { size } = selection.ids;
  const isTooMany = size > MAX_SELECTED;
  const why = mayChange ? undefined : texts.common.notAllowed;
  return html`<button type="button" class="button" disabled=${!mayChange || size === 0 || isTooMany} title=${why}
      onClick=${() => onReplay({ ids: [...selection.ids] })}>
      ${texts.deliveries.replaySelected(number(size, language))}
    </button>
    ${isTooMany && html`<span role="alert">${texts.deliveries.tooMany(number(MAX_SELECTED, language))}</span>`}
    ${
      size > 0 &&
      html`<button type="button" class="button small" onClick=${selection.clear}>${texts.deliveries.deselect}</button>`
    }`;
}

/** @param {Pick<ToolbarProps, 'query' | 'onReplay'>} props */
function ReplayAll({ query, onReplay }) {
  const { texts, mayChange } = usePage();
  const possible = replayFilterOf(query);
  const why = !mayChange
    ? texts.common.notAllowed
    : possible.outcome === 'possible'
      ? ''
      : texts.deliveries.whyNot[possible.outcome];
  const press = () => possible.outcome === 'possible' && onReplay(possible.filter);
  return html`<button type="button" class="button" disabled=${why !== ''} aria-describedby=${why === '' ? undefined : 'why-not'}
      onClick=${press}>${texts.deliveries.replayAll}</button>
    ${why !== '' && html`<span class="quiet why-not" id="why-not">${why}</span>`}`;
}
