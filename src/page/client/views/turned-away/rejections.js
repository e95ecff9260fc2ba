/** Callbacks of orders that are not ours, with the time of Resurs' next try. */
import { useState } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { number, relativeTime } from '../../lib/time.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Export } from '../../parts/export.js';
import { Missing } from '../../parts/notice.js';
import { Time, useNow } from '../../parts/time.js';
import { Words } from '../../parts/words.js';
import { contains } from './contains.js';

/** @typedef {import('../../api/types.js').Rejection} Rejection */

/** The newest of them are asked for again and again; more are in an export. */
const PATH = 'rejections?limit=1000';
const SHOWN = 50;

/** @param {{ text: string }} props */
export function Rejections({ text }) {
  const { texts } = usePage();
  const { rejections } = texts.turnedAway;
  /** @type {import('../../lib/use-answer.js').Asked<{ rejections: Rejection[] }>} */
  const asked = useAnswer(PATH);
  const all = asked.body?.rejections ?? null;
  const found = all?.filter(({ paymentId, callback }) => contains(text, [paymentId, callback])) ?? [];
  return html`<section class="stack tight" aria-labelledby="rejections">
    <div class="row apart">
      <h2 id="rejections">${rejections.heading}</h2>
      ${found.length > 0 && html`<${ExportRejections} text=${text} />`}
    </div>
    ${all === null && html`<${Missing} asked=${asked} />`}
    ${all?.length === 0 && html`<p class="quiet">${rejections.none}</p>`}
    ${
      all !== null &&
      all.length > 0 &&
      html`<p><${Words} text=${rejections.means} /></p>
        <details><summary>${rejections.help}</summary>
          <ul>${rejections.fixes.map((fix) => html`<li key=${fix}><${Words} text=${fix} /></li>`)}</ul>
        </details>
        ${found.length === 0 ? html`<p class="quiet">${texts.turnedAway.nothingFound}</p>` : html`<${Table} rows=${found} />`}`
    }
  </section>`;
}

/** @param {{ rows: readonly Rejection[] }} props */
function Table({ rows }) {
  const { texts } = usePage();
  const { rejections } = texts.turnedAway;
  const [shown, setShown] = useState(SHOWN);
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${rejections.heading}>
      <table class="stacked">
        <thead><tr>
          <th scope="col">${rejections.payment}</th>
          <th scope="col">${rejections.callback}</th>
          <th scope="col" class="number">${rejections.count}</th>
          <th scope="col">${rejections.first}</th>
          <th scope="col">${rejections.last}</th>
          <th scope="col">${rejections.next}</th>
          <th scope="col">${rejections.givesUp}</th>
        </tr></thead>
        <tbody>${rows.slice(0, shown).map((row) => html`<${Row} key=${`${row.callback} ${row.paymentId}`} row=${row} />`)}</tbody>
      </table>
    </div>
    ${
      rows.length > shown &&
      html`<div><button type="button" class="button" onClick=${() => setShown(shown + SHOWN)}>${texts.common.more}</button></div>`
    }`;
}

/** @param {{ row: Rejection }} props */
function Row({ row: { paymentId, callback, count, firstSeenAt, lastSeenAt, nextTryAt, givesUpAt } }) {
  const { texts, language } = usePage();
  const { rejections } = texts.turnedAway;
  return html`<tr>
    <td class="mono" data-label=${rejections.payment}><a href=${addressOf('payments', paymentId)}>${paymentId}</a></td>
    <td data-label=${rejections.callback}>${callback}</td>
    <td class="number" data-label=${rejections.count}>${number(count, language)}</td>
    <td data-label=${rejections.first}><${Time} at=${firstSeenAt} kind="short" /></td>
    <td data-label=${rejections.last}><${Time} at=${lastSeenAt} /></td>
    <td data-label=${rejections.next}><${Time} at=${nextTryAt} none=${rejections.noNext} /></td>
    <td data-label=${rejections.givesUp}><${GivesUp} at=${givesUpAt} /></td>
  </tr>`;
}

/** @param {{ at: string | null }} props */
function GivesUp({ at }) {
  const { texts, language } = usePage();
  const { rejections } = texts.turnedAway;
  const now = useNow();
  if (at !== null && Date.parse(at) <= now) {
    return html`<span class="over">${rejections.over(relativeTime(Date.parse(at), now, language))}</span>`;
  }
  return html`<${Time} at=${at} kind="short" none=${rejections.unknown} />`;
}

/** @param {{ text: string }} props */
function ExportRejections({ text }) {
  const { api } = usePage();
  const next = async () => {
    /** @type {import('../../api/requests.js').Answer<{ rejections: Rejection[] }>} */
    const answer = await api.get('rejections');
    if (answer.outcome !== 'answered') return null;
    const rows = answer.body.rejections.filter(({ paymentId, callback }) => contains(text, [paymentId, callback]));
    return { rows, next: null };
  };
  return html`<${Export} name="rejections" columns=${COLUMNS} next=${next} />`;
}

/** @type {import('../../lib/csv.js').Columns<Rejection>} */
const COLUMNS = [
  ['paymentId', (row) => row.paymentId],
  ['callback', (row) => row.callback],
  ['count', (row) => row.count],
  ['firstSeenAt', (row) => row.firstSeenAt],
  ['lastSeenAt', (row) => row.lastSeenAt],
  ['nextTryAt', (row) => row.nextTryAt],
  ['givesUpAt', (row) => row.givesUpAt],
];
