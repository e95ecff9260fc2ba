/** Callbacks that were not accepted: why, what to do, and until when it is not too late. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf, goTo } from '../../lib/router.js';
import { Field } from '../../parts/field.js';
import { Digests } from './digests.js';
import { Refusals } from './refusals.js';
import { Rejections } from './rejections.js';

/** @param {import('../views.js').ViewProps} props */
export function TurnedAway({ query, status }) {
  const { turnedAway } = usePage().texts;
  const text = query.text ?? '';
  return html`<h1>${turnedAway.heading}</h1>
    <p class="quiet">${turnedAway.intro}</p>
    <form role="search" aria-label=${turnedAway.filter} onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <div class="filter-field">
        <${Field} type="search" name="text" label=${turnedAway.filter} hint=${turnedAway.filterHint} value=${text} onValue=${filter} />
      </div>
    </form>
    <${Rejections} text=${text} />
    <${Refusals} text=${text} />
    ${status.body !== null && html`<${Digests} refusals=${status.body.digestRefusals} />`}`;
}

/** @param {string} text */
function filter(text) {
  goTo(addressOf('turned-away', null, { text }), { replace: true });
}
