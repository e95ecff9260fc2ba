/** Callbacks that were not accepted: why, what to do, and until when it is not too late. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf, goTo } from '../../lib/router.js';
import { Digests } from './digests.js';
import { Refusals } from './refusals.js';
import { Rejections } from './rejections.js';

const MAX_TEXT = 255;

/** @param {import('../views.js').ViewProps} props */
export function TurnedAway({ query, status }) {
  const { turnedAway } = usePage().texts;
  const text = query.text ?? '';
  return html`<h1>${turnedAway.heading}</h1>
    <p class="quiet">${turnedAway.intro}</p>
    <form role="search" aria-label=${turnedAway.filter} onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <label class="filter-field">${turnedAway.filter}
        <input type="search" value=${text} maxlength=${MAX_TEXT} placeholder=${turnedAway.filterHint} spellcheck=${false}
          autocomplete="off" onInput=${filter} />
      </label>
    </form>
    <${Rejections} text=${text} />
    <${Refusals} text=${text} />
    ${status.body !== null && html`<${Digests} refusals=${status.body.digestRefusals} />`}`;
}

/** @param {InputEvent} event */
function filter(event) {
  const { value } = /** @type {HTMLInputElement} */ (event.currentTarget);
  goTo(addressOf('turned-away', null, { text: value }), { replace: true });
}
