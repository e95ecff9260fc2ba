/** Deliveries that were given up, by why: what each reason means, what helps, and the replay. */
import { useState } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { number } from '../../lib/time.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Missing, Notice } from '../../parts/notice.js';
import { ReplayDialog } from '../../parts/replay-dialog.js';
import { Reason } from './reason.js';

/** @typedef {import('../../lib/event-filter.js').ReplayFilter} ReplayFilter */

/** @param {import('../views.js').ViewProps} props */
export function DeadLetters({ status }) {
  const { texts } = usePage();
  /** @type {import('../../lib/use-answer.js').Asked<import('../../api/types.js').DeadLetters>} */
  const asked = useAnswer('dead-letters');
  const [replay, setReplay] = useState(/** @type {ReplayFilter | null} */ (null));
  return html`<header class="view-head">
      <h1>${texts.deadLetters.heading}</h1>
      <p class="quiet">${texts.deadLetters.intro}</p>
    </header>
    <${Missing} asked=${asked} />
    ${asked.body !== null && html`<${Groups} dead=${asked.body} onReplay=${setReplay} />`}
    ${
      replay !== null &&
      html`<${ReplayDialog} filter=${replay} status=${status.body} onClose=${() => setReplay(null)} />`
    }`;
}

/** @param {{ dead: import('../../api/types.js').DeadLetters, onReplay: (filter: ReplayFilter) => void }} props */
function Groups({ dead, onReplay }) {
  const { texts, language, mayChange } = usePage();
  const words = texts.deadLetters;
  if (dead.count === 0) return html`<${Notice} kind="good">${words.none}<//>`;
  const count = number(dead.count, language);
  const list = addressOf('deliveries', null, { state: 'dead_letter' });
  return html`<div class="row apart">
      <p class="total">${dead.atLeast === true ? words.atLeast(count) : words.total(dead.count, count)}</p>
      <div class="row">
        <a class="button" href=${list}>${words.listAll}</a>
        <button type="button" class="button" disabled=${!mayChange} title=${mayChange ? undefined : texts.common.notAllowed}
          onClick=${() => onReplay({ state: 'dead_letter' })}>${words.replay(count)}</button>
      </div>
    </div>
    ${dead.reasons.map((reason) => html`<${Reason} key=${reason.reason} reason=${reason} onReplay=${onReplay} />`)}
    ${dead.other > 0 && html`<p class="quiet">${words.other(dead.other, number(dead.other, language))}</p>`}`;
}
