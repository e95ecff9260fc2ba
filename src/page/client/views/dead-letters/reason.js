/** One reason why deliveries were given up, with those that were. */

import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { number } from '../../lib/time.js';
import { wordOf } from '../../lib/words.js';
import { reasonName, reasonWords } from '../../parts/reason.js';
import { Time } from '../../parts/time.js';

/**
 * @param {{ reason: import('../../api/types.js').DeadLetterReason,
 *   onReplay: (filter: import('../../lib/event-filter.js').ReplayFilter) => void }} props
 */
export function Reason({ reason, onReplay }) {
  const { texts, language, mayChange } = usePage();
  const words = texts.deadLetters;
  const { meaning, fix } = reasonWords(texts, reason.reason);
  const name = reasonName(texts, reason.reason);
  const count = number(reason.count, language);
  // The buttons of all reasons read alike without it.
  const of = html`<span class="off-screen">${' '}(${name})</span>`;
  const filter = { state: 'dead_letter', reason: reason.reason };
  return html`<article class="card reason">
    <div class="reason-head">
      <h2>${name}</h2>
      <b class="count">${count}</b>
    </div>
    <div class="reason-words">
      <p><span class="off-screen">${words.meaning}: </span>${meaning}</p>
      <p class="fix"><b>${words.fix}:</b> ${fix}</p>
    </div>
    <${Facts} reason=${reason} />
    <div class="row">
      <button type="button" class="button primary" disabled=${!mayChange}
        title=${mayChange ? undefined : texts.common.notAllowed}
        onClick=${() => onReplay(filter)}>${words.replay(count)}${of}</button>
      <a class="button" href=${addressOf('deliveries', null, filter)}>${words.list}${of}</a>
      <a class="button" href=${addressOf('events', reason.example)}>${words.example}${of}</a>
    </div>
  </article>`;
}

/** @param {{ reason: import('../../api/types.js').DeadLetterReason }} props */
function Facts({ reason: { oldestAt, newestAt, types } }) {
  const { texts, language } = usePage();
  const words = texts.deadLetters;
  const chips = Object.entries(types).sort(([, one], [, other]) => other - one);
  return html`<dl class="facts wide">
    <div><dt>${words.oldest}</dt><dd><${Time} at=${oldestAt} kind="both" /></dd></div>
    <div><dt>${words.newest}</dt><dd><${Time} at=${newestAt} kind="both" /></dd></div>
    <div><dt>${words.types}</dt><dd class="row">
      ${chips.map(([type, count]) => html`<span key=${type} class="chip">${wordOf(texts.types, type)} ${number(count, language)}</span>`)}
    </dd></div>
  </dl>`;
}
