/** What a replay is about: by whom, which deliveries, and where to see them. */
import { useEffect, useState } from 'preact/hooks';
import { filterWords } from '../../lib/filter-words.js';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Time } from '../../parts/time.js';

/** @typedef {import('../../api/types.js').ListedReplay} ListedReplay */

/** @param {{ replay: import('../../api/types.js').Replay }} props */
export function ReplayFacts({ replay }) {
  const { texts, language } = usePage();
  const words = texts.replays;
  const listed = useListed(replay.id);
  return html`<dl class="facts wide">
      <div><dt>${words.started}</dt><dd><${Time} at=${replay.createdAt} kind="both" /></dd></div>
      <div><dt>${words.finished}</dt><dd><${Time} at=${replay.finishedAt} kind="both" /></dd></div>
      ${
        listed !== null &&
        html`<div><dt>${words.by}</dt><dd>${listed.by}</dd></div>
          <div><dt>${words.which}</dt><dd>${filterWords(texts, language, listed.filter).join(', ') || words.everything}</dd></div>`
      }
    </dl>
    ${listed !== null && listed.filter.ids === undefined && html`<${Links} filter=${listed.filter} />`}`;
}

/** Once sent again they have another state, so the list of all of them is without it. @param {{ filter: ListedReplay['filter'] }} props */
function Links({ filter: { ids: _, ...filter } }) {
  const { texts } = usePage();
  const { state, reason, ...others } = filter;
  return html`<div class="row">
    <a href=${addressOf('deliveries', null, others)}>${texts.replays.deliveries}</a>
    ${state === 'dead_letter' && html`<a href=${addressOf('deliveries', null, { ...others, state, reason })}>${texts.replays.remaining}</a>`}
  </div>`;
}

/** Only the list says by whom and which. What it says never changes, so it is asked for until it is known. @param {string} id */
function useListed(id) {
  const [listed, setListed] = useState(/** @type {ListedReplay | null} */ (null));
  /** @type {import('../../lib/use-answer.js').Asked<{ replays: ListedReplay[] }>} */
  const asked = useAnswer(listed === null ? 'replays?limit=200' : null);
  const found = asked.body?.replays.find((replay) => replay.id === id) ?? null;
  useEffect(() => {
    if (found !== null) setListed(found);
  }, [found]);
  return listed;
}
