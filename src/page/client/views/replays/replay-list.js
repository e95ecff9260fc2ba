/** Replays, the newest first. */
import { useState } from 'preact/hooks';
import { filterWords } from '../../lib/filter-words.js';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { useAnswer } from '../../lib/use-answer.js';
import { pagesForExport } from '../../lib/use-pages.js';
import { Export } from '../../parts/export.js';
import { Missing, Notice } from '../../parts/notice.js';
import { Time } from '../../parts/time.js';
import { Progress, ReplayState } from './progress.js';

const FIRST = 50;
/** As many as the API lists. */
const MAX = 200;

/** @typedef {import('../../api/types.js').ListedReplay} ListedReplay */

/** One page has all that the API lists. @type {import('../../lib/paged-list.js').ListOf<{ replays: ListedReplay[] }, ListedReplay>} */
const LIST = {
  rows: ({ replays }) => replays,
  next: () => null,
  key: ({ id }) => id,
  rank: ({ createdAt }) => Date.parse(createdAt),
};

/** @type {import('../../lib/csv.js').Columns<ListedReplay>} */
const COLUMNS = [
  ['id', ({ id }) => id],
  ['createdAt', ({ createdAt }) => createdAt],
  ['by', ({ by }) => by],
  ['filter', ({ filter }) => filter],
  ['state', ({ state }) => state],
  ['count', ({ count }) => count],
  ['replayed', ({ replayed }) => replayed],
  ['failed', ({ failed }) => failed],
  ['finishedAt', ({ finishedAt }) => finishedAt],
];

export function ReplayList() {
  const { texts, api } = usePage();
  const [limit, setLimit] = useState(FIRST);
  /** @type {import('../../lib/use-answer.js').Asked<{ replays: import('../../api/types.js').ListedReplay[] }>} */
  const asked = useAnswer(`replays?limit=${limit}`);
  const replays = asked.body?.replays ?? [];
  return html`<header class="view-head">
      <h1>${texts.replays.heading}</h1>
      <div class="row apart">
        <p class="quiet">${texts.replays.intro}</p>
        <${Export} name="replays" columns=${COLUMNS} next=${pagesForExport(api, `replays?limit=${MAX}`, LIST)} />
      </div>
    </header>
    <${Missing} asked=${asked} />
    ${asked.body !== null && replays.length === 0 && html`<${Notice} kind="info">${texts.replays.none}<//>`}
    ${replays.length > 0 && html`<${Table} replays=${replays} />`}
    ${
      replays.length === FIRST &&
      limit < MAX &&
      html`<div><button type="button" class="button" onClick=${() => setLimit(MAX)}>${texts.replays.older}</button></div>`
    }`;
}

/** @param {{ replays: readonly import('../../api/types.js').ListedReplay[] }} props */
function Table({ replays }) {
  const { texts, language } = usePage();
  const words = texts.replays;
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${words.heading}>
    <table class="stacked">
      <thead><tr>
        <th scope="col">${words.started}</th>
        <th scope="col">${words.by}</th>
        <th scope="col">${words.which}</th>
        <th scope="col">${words.state}</th>
        <th scope="col">${words.progress}</th>
      </tr></thead>
      <tbody>${replays.map(
        (replay) => html`<tr key=${replay.id}>
          <td data-label=${words.started}>
            <a href=${addressOf('replays', replay.id)}><${Time} at=${replay.createdAt} kind="both" /></a>
          </td>
          <td data-label=${words.by} class="by">${replay.by}</td>
          <td data-label=${words.which}>${filterWords(texts, language, replay.filter).join(', ') || words.everything}</td>
          <td data-label=${words.state}><${ReplayState} state=${replay.state} /></td>
          <td data-label=${words.progress}><${Progress} replay=${replay} isSmall /></td>
        </tr>`,
      )}</tbody>
    </table>
  </div>`;
}
