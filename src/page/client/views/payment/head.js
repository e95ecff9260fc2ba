/** What the payment is, whether its order may be shipped, and whether the shop has all of its events. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { standingOf } from '../../lib/standing.js';
import { shortTime } from '../../lib/time.js';
import { wordOf } from '../../lib/words.js';
import { Copy } from '../../parts/copy.js';
import { useNow } from '../../parts/time.js';
import { Completeness } from './completeness.js';

/** @typedef {import('../../api/types.js').Payment} Payment */

/** @param {{ payment: Payment, webhook: import('../../api/types.js').Webhook | null }} props */
export function Head({ payment, webhook }) {
  const { texts } = usePage();
  const { paymentId, orderReference, provider, otherPaymentIds } = payment;
  return html`<div class="payment-head">
      <h1>${texts.payment.heading} <span class="mono">${paymentId}</span></h1>
      <${Copy} text=${paymentId} label=${texts.payment.copyId} />
    </div>
    <p class="row">
      ${
        orderReference !== null &&
        orderReference !== paymentId &&
        html`<span>${texts.payment.order} <b class="mono">${orderReference}</b></span>
          <${Copy} text=${orderReference} label=${texts.payment.copyOrder} />`
      }
      <span class="chip">${wordOf(texts.payment.providers, provider)}</span>
    </p>
    ${otherPaymentIds.length > 0 && html`<${Others} ids=${otherPaymentIds} />`}
    <section class="card standing" aria-label=${texts.payment.standingLabel}>
      <${StandingLine} payment=${payment} />
      <${Completeness} payment=${payment} webhook=${webhook} />
    </section>`;
}

/** @param {{ ids: readonly string[] }} props */
function Others({ ids }) {
  const { texts } = usePage();
  return html`<p class="row">${texts.payment.others}
    ${ids.map((id) => html`<a key=${id} class="mono" href=${addressOf('payments', id)}>${id}</a>`)}
  </p>`;
}

/** @type {Readonly<Record<import('../../lib/standing.js').Standing['kind'], string>>} */
const SHAPES = {
  hold: 'M5.5 4v8M10.5 4v8',
  go: 'M3 8.5 6.5 12 13 4.5',
  paid: 'M3 8.5 6.5 12 13 4.5',
  stop: 'M4 4l8 8M12 4l-8 8',
};

/** @param {{ payment: Payment }} props */
function StandingLine({ payment }) {
  const { texts, language } = usePage();
  const now = useNow();
  const { word, kind, at, isCertain } = standingOf(payment);
  const time = at === null ? null : shortTime(Date.parse(at), now, language);
  return html`<div class=${`standing-line standing-${isCertain ? kind : 'unsure'}`}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${SHAPES[kind]} /></svg>
    <div>
      <p class="standing-word">${texts.payment.standing[word](time)}</p>
      <p class="quiet">${isCertain ? texts.payment.reported : texts.payment.unsure}</p>
    </div>
  </div>`;
}
