/** Callbacks that failed a check: by reason with what to do, and one by one. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { groupsOf } from '../../lib/refusal-groups.js';
import { number } from '../../lib/time.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Export } from '../../parts/export.js';
import { Missing } from '../../parts/notice.js';
import { Time } from '../../parts/time.js';
import { contains } from './contains.js';
import { Reason } from './reason.js';

/** @typedef {import('../../api/types.js').Refusal} Refusal */

/** @param {{ text: string }} props */
export function Refusals({ text }) {
  const { texts, language } = usePage();
  const { refusals, nothingFound } = texts.turnedAway;
  const labelOf = useReasonLabel();
  /** @type {import('../../lib/use-answer.js').Asked<{ refusals: Refusal[] }>} */
  const asked = useAnswer('refusals');
  const all = asked.body?.refusals ?? null;
  const found =
    all?.filter(({ reason, callback, source }) => contains(text, [reason, labelOf(reason), callback, source])) ?? [];
  const next = async () => ({ rows: found, next: null });
  return html`<section class="stack tight" aria-labelledby="refusals">
    <div class="row apart">
      <h2 id="refusals">${refusals.heading}</h2>
      ${found.length > 0 && html`<${Export} name="refusals" columns=${COLUMNS} next=${next} />`}
    </div>
    ${all === null && html`<${Missing} asked=${asked} />`}
    ${all?.length === 0 && html`<p class="quiet">${refusals.none}</p>`}
    ${
      all !== null &&
      all.length > 0 &&
      html`<p class="quiet">${refusals.about}</p>
        ${found.length === 0 && html`<p class="quiet">${nothingFound}</p>`}
        <div class="reasons">
          ${groupsOf(found).map((group) => html`<${Reason} key=${group.reason} group=${group} label=${labelOf(group.reason)} />`)}
        </div>
        ${
          found.length > 0 &&
          html`<details><summary>${refusals.list(number(found.length, language))}</summary><${Table} rows=${found} labelOf=${labelOf} /></details>`
        }`
    }
  </section>`;
}

/** A later version may have reasons that this page does not know. */
function useReasonLabel() {
  const { reasons } = usePage().texts.turnedAway;
  const known = /** @type {Readonly<Record<string, { readonly label: string }>>} */ (reasons);
  return (/** @type {string} */ reason) => known[reason]?.label ?? reason;
}

/** @param {{ rows: readonly Refusal[], labelOf: (reason: string) => string }} props */
function Table({ rows, labelOf }) {
  const { refusals } = usePage().texts.turnedAway;
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${refusals.heading}>
    <table class="stacked">
      <thead><tr>
        <th scope="col">${refusals.at}</th>
        <th scope="col">${refusals.reason}</th>
        <th scope="col">${refusals.callback}</th>
        <th scope="col">${refusals.source}</th>
      </tr></thead>
      <tbody>
        ${keyed(rows).map(
          ({ key, row: { at, reason, callback, source } }) => html`<tr key=${key}>
            <td data-label=${refusals.at}><${Time} at=${at} kind="short" /></td>
            <td data-label=${refusals.reason}>${labelOf(reason)}</td>
            <td data-label=${refusals.callback}>${callback ?? '–'}</td>
            <td class="mono" data-label=${refusals.source}>${source ?? refusals.unknown}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Newer ones come before the others, so the keys count from the end. @param {readonly Refusal[]} rows */
function keyed(rows) {
  return rows.map((row, index) => ({ row, key: `${row.at} ${rows.length - index}` }));
}

/** @type {import('../../lib/csv.js').Columns<Refusal>} */
const COLUMNS = [
  ['at', (row) => row.at],
  ['reason', (row) => row.reason],
  ['callback', (row) => row.callback],
  ['source', (row) => row.source],
];
