/** Numbers that lead to their lists. */
import { turnedAwayIn } from '../../lib/chart-data.js';
import { amountOf } from '../../lib/health.js';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { number } from '../../lib/time.js';
import { amount } from './sentence.js';

/**
 * @param {{ status: import('../../api/types.js').Status, lastDay: import('../../api/types.js').Statistics | null }} props
 */
export function Counters({ status: { deliveries, webhook }, lastDay }) {
  const { texts, language } = usePage();
  const { counters } = texts.overview;
  const said = (/** @type {number} */ count) => amount(amountOf(count, deliveries), language).text;
  const listOf = (/** @type {string} */ state) => addressOf('deliveries', null, { state });
  const turnedAway = lastDay === null ? null : turnedAwayIn(lastDay.points);
  const isHeld = webhook.state === 'unset' || deliveries.held > 0;
  return html`<ul class="counters" aria-label=${counters.label}>
    <${Counter} label=${counters.delivered} value=${said(deliveries.delivered)} address=${listOf('delivered')} />
    ${isHeld && html`<${Counter} label=${counters.held} value=${said(deliveries.held)} address=${listOf('held')} isRaised=${deliveries.held > 0} />`}
    <${Counter} label=${counters.pending} value=${said(deliveries.pending)} address=${listOf('pending')} />
    <${Counter} label=${counters.delivering} value=${said(deliveries.delivering)} address=${listOf('delivering')} />
    <${Counter} label=${counters.deadLetter} value=${said(deliveries.dead_letter)} address=${addressOf('dead-letters')}
      isRaised=${deliveries.dead_letter > 0} />
    <${Counter} label=${counters.turnedAway} value=${turnedAway === null ? '–' : number(turnedAway, language)}
      address=${addressOf('turned-away')} />
  </ul>`;
}

/** @param {{ label: string, value: string, address: string, isRaised?: boolean }} props */
function Counter({ label, value, address, isRaised = false }) {
  return html`<li>
    <a class=${isRaised ? 'card counter raised' : 'card counter'} href=${address}>
      <span class="counter-value">${value}</span>
      <span class="counter-label">${label}</span>
    </a>
  </li>`;
}
