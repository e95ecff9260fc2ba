/** What Resurs says of a payment at this moment. Asked by the reader alone: Resurs is asked at most ten times a minute. */
import { useState } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { useOnce } from '../../lib/use-once.js';
import { messageOf, Notice, problemOf } from '../../parts/notice.js';
import { Held } from '../event/held.js';

/** @param {{ id: string }} props */
export function AtResurs({ id }) {
  const { texts } = usePage();
  const [isWanted, setWanted] = useState(false);
  /** @type {ReturnType<typeof useOnce<import('../../api/types.js').PaymentNow>>} */
  const { answer, isLoading, reload } = useOnce(isWanted ? `payments/${encodeURIComponent(id)}/now` : null);
  const ask = () => (isWanted ? reload() : setWanted(true));
  return html`<section class="card stack" aria-labelledby="now-heading">
    <div class="row apart">
      <h2 id="now-heading">${texts.payment.now.heading}</h2>
      <button type="button" class="button small" disabled=${isLoading} onClick=${ask}>
        ${isWanted ? texts.payment.now.again : texts.payment.now.ask}
      </button>
    </div>
    <div aria-live="polite" class="stack">
      ${isLoading && html`<p class="quiet">${texts.payment.now.asking}</p>`}
      ${answer === null && !isWanted && html`<p class="quiet">${texts.payment.now.hint}</p>`}
      ${answer !== null && html`<${Told} answer=${answer} />`}
    </div>
  </section>`;
}

/** @param {{ answer: import('../../api/requests.js').Answer<import('../../api/types.js').PaymentNow> }} props */
function Told({ answer }) {
  const { texts } = usePage();
  if (answer.outcome === 'refused') return html`<${Notice} kind="warning">${messageOf(answer)}<//>`;
  if (answer.outcome !== 'answered') return html`<${Notice} kind="bad">${problemOf(answer, texts)}<//>`;
  const { payment, order } = answer.body;
  return html`<p class="standing-word">${texts.payment.now.orders[order.state]}</p>
    ${!order.certain && html`<${Notice} kind="warning">${texts.payment.now.unsure}<//>`}
    <${Held} payment=${payment} />`;
}
