/** The states as links, each with how many there are. */
import { filterOf } from '../../lib/event-filter.js';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { number } from '../../lib/time.js';
import { useCurrentInSight } from '../../lib/use-current-in-sight.js';

const STATES = /** @type {const} */ (['held', 'pending', 'delivering', 'delivered', 'dead_letter']);

/**
 * @param {{ query: Readonly<Record<string, string>>, counts: import('../../api/types.js').DeliveryCounts | null,
 *   hasWebhook: boolean }} props
 */
export function StateTabs({ query, counts, hasWebhook }) {
  const { texts } = usePage();
  const filter = filterOf(query);
  const list = useCurrentInSight(`${filter.state} ${counts === null}`);
  // Without a webhook everything that waits is held, with one nothing is.
  const other = hasWebhook ? 'held' : 'pending';
  const states = STATES.filter((state) => state !== other || state === filter.state);
  const link = (/** @type {string | null} */ state, /** @type {unknown} */ content) => html`<li key=${state ?? 'all'}>
    <a href=${addressOf('deliveries', null, { ...filter, state })}
      aria-current=${(filter.state ?? null) === state ? 'true' : undefined}>${content}</a>
  </li>`;
  return html`<nav aria-label=${texts.deliveries.states}>
    <ul class="tabs" ref=${list}>
      ${link(null, texts.deliveries.all)}
      ${states.map((state) => link(state, html`${texts.states[state]}<${Count} state=${state} counts=${counts} />`))}
    </ul>
  </nav>`;
}

/** @param {{ state: typeof STATES[number], counts: import('../../api/types.js').DeliveryCounts | null }} props */
function Count({ state, counts }) {
  const { texts, language } = usePage();
  if (counts === null) return null;
  const count = `${number(counts[state], language)}${counts.atLeast === true && counts[state] >= 100_000 ? '+' : ''}`;
  const hours = state === 'delivered' ? ` (${texts.deliveries.lastHours(String(counts.deliveredHours))})` : '';
  return html`<span class="tab-count">${count}<span class="quiet">${hours}</span></span>`;
}
