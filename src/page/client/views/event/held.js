/** What Resurs held of a payment when it was read. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { absoluteTime, decimal } from '../../lib/time.js';
import { wordOf } from '../../lib/words.js';

/** @param {{ payment: import('../../api/types.js').KeptPayment }} props */
export function Held({ payment }) {
  const { texts, language } = usePage();
  const words = texts.event.held;
  const { amounts, rejectedReason, statuses, orderReference } = payment;
  return html`<dl class="pairs">
    <div><dt>${words.readAt}</dt><dd>${absoluteTime(Date.parse(payment.readAt), language)}</dd></div>
    <div><dt>${words.state}</dt><dd>${wordOf(words.states, payment.state)}</dd></div>
    <div><dt>${words.frozen}</dt><dd>${payment.frozen ? words.isFrozen : words.isNotFrozen}</dd></div>
    ${rejectedReason !== null && html`<div><dt>${words.rejected}</dt><dd>${rejectedReason}</dd></div>`}
    ${orderReference !== null && html`<div><dt>${texts.payment.order}</dt><dd>${orderReference}</dd></div>`}
    ${statuses.length > 0 && html`<div><dt>${words.statuses}</dt><dd><code>${statuses.join(', ')}</code></dd></div>`}
    ${
      amounts !== null &&
      Object.entries(amounts).map(
        ([name, amount]) =>
          html`<div key=${name}><dt>${wordOf(words.amounts, name)}</dt><dd class="amount">${decimal(amount, language)}</dd></div>`,
      )
    }
  </dl>`;
}
