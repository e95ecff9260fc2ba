/** The story of a payment: what it is, what was reported, and each event in time. */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';
import { Missing } from '../../parts/notice.js';
import { Head } from './head.js';
import { Marks } from './marks.js';
import { AtResurs } from './now.js';
import { Timeline } from './timeline.js';
import { UnknownPayment } from './unknown.js';
import { useStory } from './use-story.js';

/** @param {import('../views.js').ViewProps} props */
export function PaymentView({ id, query, status }) {
  const { payment } = useTexts();
  if (id === null) return html`<h1>${payment.heading}</h1><p>${payment.noId}</p>`;
  return html`<${PaymentOf} id=${id} order=${query.order === 'oldest' ? 'oldest' : 'newest'} status=${status} />`;
}

/**
 * @param {{ id: string, order: 'newest' | 'oldest',
 *   status: import('../../lib/use-answer.js').Asked<import('../../api/types.js').Status> }} props
 */
function PaymentOf({ id, order, status }) {
  const { payment: texts } = useTexts();
  const loaded = useStory(id, order);
  const { payment, asked, story } = loaded;
  const maySnapshot = status.body?.snapshot === true;
  if (asked.refused?.status === 404) return html`<${UnknownPayment} id=${id} mayAsk=${maySnapshot} />`;
  if (payment === null) return html`<h1>${texts.heading}</h1><${Missing} asked=${asked} />`;
  return html`<${Head} payment=${payment} webhook=${status.body?.webhook ?? null} />
    <${Marks} facts=${payment.facts} events=${story?.events ?? payment.events} />
    ${maySnapshot && html`<${AtResurs} id=${payment.paymentId} />`}
    <${Timeline} id=${id} order=${order} loaded=${loaded} webhook=${status.body?.webhook ?? null} />`;
}
