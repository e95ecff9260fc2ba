/** The views, with what waits in them. */
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';
import { addressOf } from '../lib/router.js';
import { number } from '../lib/time.js';
import { useCurrentInSight } from '../lib/use-current-in-sight.js';

/** @type {readonly (readonly ['overview' | 'deliveries' | 'dead-letters' | 'replays' | 'turned-away' | 'actions' | 'simulated', string])[]} */
const ITEMS = [
  ['overview', 'M3 13h4V7H3zM10 13h4V3h-4z'],
  ['deliveries', 'M2 8h10M8.5 4.5 12 8l-3.5 3.5M14 3v10'],
  ['dead-letters', 'M2 4h12v9H2zM2 4l6 5 6-5'],
  ['replays', 'M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3'],
  ['turned-away', 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M4 12l8-8'],
  ['actions', 'M3 4h10M3 8h10M3 12h6'],
  ['simulated', 'M6 2v4l-3.5 7h11L10 6V2M5 2h6'],
];

/**
 * @param {{ view: import('../lib/router.js').ViewName, status: import('../api/types.js').Status | null,
 *   environment: 'test' | 'production' }} props
 */
export function Navigation({ view, status, environment }) {
  const { texts, language } = usePage();
  const list = useCurrentInSight(`${view} ${environment} ${status === null}`);
  const deadLetters = status?.deliveries.dead_letter ?? 0;
  return html`<nav ref=${list} aria-label=${texts.nav.label}>
    <ul>
      ${ITEMS.filter(([name]) => name !== 'simulated' || environment === 'test').map(
        ([name, path]) => html`<li key=${name}>
          <a href=${addressOf(name)} aria-current=${name === view ? 'page' : undefined}>
            <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${path} /></svg>
            <span>${texts.nav[name]}</span>
            ${name === 'dead-letters' && deadLetters > 0 && html`<b class="count">${number(deadLetters, language)}</b>`}
          </a>
        </li>`,
      )}
    </ul>
  </nav>`;
}
