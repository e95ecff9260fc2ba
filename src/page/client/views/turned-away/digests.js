/** Callbacks whose digest was wrong, counted over all processes. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { number } from '../../lib/time.js';

/** @param {{ refusals: import('../../api/types.js').Status['digestRefusals'] }} props */
export function Digests({ refusals: { lastHour, byType } }) {
  const { texts, language } = usePage();
  const { digests } = texts.turnedAway;
  const types = Object.entries(byType).toSorted(([, one], [, other]) => other - one);
  return html`<section class="stack tight" aria-labelledby="digests">
    <h2 id="digests">${digests.heading}</h2>
    ${
      lastHour === 0
        ? html`<p class="quiet">${digests.none}</p>`
        : html`<div class="row">
            <span>${digests.count({ count: lastHour, text: number(lastHour, language) })}</span>
            ${types.map(([type, count]) => html`<span key=${type} class="chip">${type} <b>${number(count, language)}</b></span>`)}
          </div>`
    }
  </section>`;
}
