/** How often Resurs sent a callback. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { number, shortTime } from '../../lib/time.js';

/** @param {{ event: import('../../api/types.js').Event }} props */
export function Receipts({ event: { receipts } }) {
  const { texts, language } = usePage();
  if (receipts.count < 2) return null;
  const at = shortTime(Date.parse(receipts.lastAt), Date.parse(receipts.firstAt), language);
  return html`<p class="quiet">${texts.event.repeats(number(receipts.count, language), at)}</p>`;
}
