/** What to do where no event of a payment is stored. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Notice } from '../../parts/notice.js';
import { Time } from '../../parts/time.js';
import { AtResurs } from './now.js';

/** @param {{ id: string, mayAsk: boolean }} props */
export function UnknownPayment({ id, mayAsk }) {
  const { texts } = usePage();
  const words = texts.payment.unknown;
  return html`<h1>${texts.payment.heading} <span class="mono">${id}</span></h1>
    <${Notice} kind="warning">${words.heading}<//>
    <section class="card stack" aria-labelledby="unknown-heading">
      <h2 id="unknown-heading">${words.what}</h2>
      <ul class="steps">
        <li>${words.spelling}</li>
        <${RejectedLine} id=${id} />
        <${Registered} id=${id} />
        <li>${words.refusals} <a href=${addressOf('turned-away')}>${texts.nav['turned-away']}</a></li>
      </ul>
    </section>
    ${mayAsk && html`<${AtResurs} id=${id} />`}`;
}

const NEWEST = 1_000;

/** @param {{ id: string }} props */
function RejectedLine({ id }) {
  const { texts } = usePage();
  const words = texts.payment.unknown;
  /** @type {import('../../lib/use-answer.js').Asked<{ rejections: import('../../api/types.js').Rejection[] }>} */
  const { body } = useAnswer(`rejections?limit=${NEWEST}`);
  if (body === null) return null;
  const own = body.rejections.filter(({ paymentId }) => paymentId === id);
  const [last] = own.toSorted((one, other) => (one.lastSeenAt < other.lastSeenAt ? 1 : -1));
  // Among more than these it may be an older one.
  if (last === undefined) return body.rejections.length >= NEWEST ? null : html`<li>${words.notRejected}</li>`;
  const callbacks = own.map(({ callback }) => callback).join(', ');
  return html`<li><b>${words.rejected(callbacks)}</b> <${Time} at=${last.lastSeenAt} kind="both" />.${' '}
    <a href=${addressOf('turned-away')}>${texts.nav['turned-away']}</a></li>`;
}

/** @param {{ id: string }} props */
function Registered({ id }) {
  const { texts } = usePage();
  const words = texts.payment.unknown;
  /** @type {import('../../lib/use-answer.js').Asked<{ registeredAt: string }>} */
  const { body, refused } = useAnswer(`orders/${encodeURIComponent(id)}`);
  if (body !== null) return html`<li>${words.registered} <${Time} at=${body.registeredAt} kind="both" /></li>`;
  return refused?.status === 404 ? html`<li>${words.notRegistered}</li>` : null;
}
