/** One reason why callbacks were refused: what it means, what to do, and until when. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { number } from '../../lib/time.js';
import { Time, useNow } from '../../parts/time.js';
import { Words } from '../../parts/words.js';

/** @typedef {{ readonly label: string, readonly means: string, readonly fix: string }} Words */

/** Resurs itself may have sent some of these; they are lost unless the cause is mended. */
const MAY_BE_OURS = [
  'source_not_allowed',
  'unauthorized',
  'unknown_path',
  'malformed',
  'digest_rejected',
  'body_too_slow',
];

/** @param {{ group: import('../../lib/refusal-groups.js').RefusalGroup, label: string }} props */
export function Reason({ group: { reason, count, firstAt, lastAt, mendBefore }, label }) {
  const { texts, language } = usePage();
  const { refusals, reasons } = texts.turnedAway;
  const words = /** @type {Readonly<Record<string, Words>>} */ (reasons)[reason];
  const now = useNow();
  const isOver = mendBefore !== null && Date.parse(mendBefore) <= now;
  return html`<article class="card refusal">
    <div class="row apart">
      <h3>${label}</h3>
      <span class="quiet">${refusals.times({ count, text: number(count, language) })}:${' '}
        <${Time} at=${firstAt} kind="short" />${count > 1 && html` – <${Time} at=${lastAt} kind="short" />`}
      </span>
    </div>
    ${
      words !== undefined &&
      html`<dl>
        <div class="fact"><dt>${refusals.means}</dt><dd><${Words} text=${words.means} /></dd></div>
        <div class="fact"><dt>${refusals.fix}</dt><dd><${Words} text=${words.fix} /></dd></div>
        ${
          mendBefore !== null &&
          MAY_BE_OURS.includes(reason) &&
          html`<div class="fact"><dt>${refusals.until}</dt><dd>
            ${isOver ? html`<${Words} text=${refusals.mayBeLost} />` : html`<${Time} at=${mendBefore} kind="both" />: ${refusals.untilNote}`}
          </dd></div>`
        }
      </dl>`
    }
  </article>`;
}
