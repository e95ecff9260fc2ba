/** Who did what. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { absoluteTime, shortTime } from '../../lib/time.js';
import { pagesForExport, usePages } from '../../lib/use-pages.js';
import { Export } from '../../parts/export.js';
import { More, Newer } from '../../parts/more.js';
import { Missing, Notice } from '../../parts/notice.js';
import { useNow } from '../../parts/time.js';
import { ACTION_COLUMNS, ACTION_LIST } from './action-list.js';
import { ActionWords } from './action-words.js';

const PATH = 'actions?limit=50';
const EXPORT_PATH = 'actions?limit=200';
const EVERY_MS = 60_000;

/** @param {import('../views.js').ViewProps} _props */
export function Actions(_props) {
  const { api, texts } = usePage();
  const pages = usePages(PATH, ACTION_LIST);
  const { rows, asked, isLoading } = pages;
  const isEmpty = rows.length === 0;
  return html`<header class="view-head">
      <h1>${texts.actions.heading}</h1>
      <div class="row apart">
        <p class="quiet">${texts.actions.intro}</p>
        ${!isEmpty && html`<${Export} name="actions" columns=${ACTION_COLUMNS} next=${pagesForExport(api, EXPORT_PATH, ACTION_LIST)} />`}
      </div>
    </header>
    <${Newer} pages=${pages} />
    ${isEmpty && html`<${Missing} asked=${{ isLoading, refused: asked.refused }} />`}
    ${isEmpty && !isLoading && asked.refused === null && html`<${Notice} kind="info">${texts.actions.none}<//>`}
    ${!isEmpty && html`<${Table} rows=${rows} />`}
    ${!isEmpty && html`<${More} pages=${pages} />`}`;
}

/** @param {{ rows: readonly import('../../lib/paged-list.js').Shown<import('../../api/types.js').Action>[] }} props */
function Table({ rows }) {
  const { texts, language } = usePage();
  const now = useNow(EVERY_MS);
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${texts.actions.heading}>
    <table class="stacked actions">
      <thead><tr>
        <th scope="col">${texts.common.at}</th>
        <th scope="col">${texts.actions.who}</th>
        <th scope="col">${texts.actions.what}</th>
      </tr></thead>
      <tbody>${rows.map(({ row }) => {
        const ms = Date.parse(row.at);
        return html`<tr key=${ACTION_LIST.key(row)}>
          <td data-label=${texts.common.at} class="nowrap">
            <time datetime=${row.at} title=${absoluteTime(ms, language)}>${shortTime(ms, now, language)}</time>
          </td>
          <td data-label=${texts.actions.who}>${row.by}</td>
          <td data-label=${texts.actions.what}><${ActionWords} action=${row} /></td>
        </tr>`;
      })}</tbody>
    </table>
  </div>`;
}
