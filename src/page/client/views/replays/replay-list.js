/** Replays, the newest first. */
import { useState } from 'preact/hooks';
import { filterWords } from '../../lib/filter-words.js';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Missing, Notice } from '../../parts/notice.js';
import { Time } from '../../parts/time.js';
import { Progress, ReplayState } from './progress.js';

const FIRST = 50;
/** As many as the API lists. */
const MAX = 200;

export function ReplayList() {
  const { texts } = usePage();
  const [limit, setLimit] = useState(FIRST);
  /** @type {import('../../lib/use-answer.js').Asked<{ replays: import('../../api/types.js').ListedReplay[] }>} */
  const asked = useAnswer(`replays?limit=${limit}`);
  const replays = asked.body?.replays ?? [];
  return html`<header class="view-head">
      <h1>${texts.replays.heading}</h1>
      <p class="quiet">${texts.replays.intro}</p>
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
