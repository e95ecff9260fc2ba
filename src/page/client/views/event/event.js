/** One event by itself. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { dayOf } from '../../lib/time.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Copy } from '../../parts/copy.js';
import { Missing, Notice } from '../../parts/notice.js';
import { Entry } from './entry.js';
import { listed } from './replay-button.js';

/**
 * @typedef {import('../../api/types.js').EventWithAttempts} StoryEvent
 * @param {import('../views.js').ViewProps} props
 */
export function EventView({ id, status }) {
  const { texts } = usePage();
  /** @type {import('../../lib/use-answer.js').Asked<import('../../api/types.js').EventDetail>} */
  const asked = useAnswer(id === null ? null : `events/${encodeURIComponent(id)}?body=none`);
  const [event, setEvent] = useState(/** @type {StoryEvent | null} */ (null));
  const onEvent = useCallback((/** @type {StoryEvent} */ fresh) => {
    setEvent((last) => (JSON.stringify(last) === JSON.stringify(fresh) ? last : fresh));
  }, []);
  useEffect(() => {
    if (asked.body !== null) onEvent(listed(asked.body));
  }, [asked.body, onEvent]);
  return html`<h1>${texts.event.heading}</h1>
    ${id !== null && html`<p class="row"><code>${id}</code> <${Copy} text=${id} /></p>`}
    ${event === null ? html`<${Absent} id=${id} asked=${asked} />` : html`<${Found} event=${event} onEvent=${onEvent} webhook=${status.body?.webhook ?? null} />`}`;
}

/** @param {{ event: StoryEvent, onEvent: (event: StoryEvent) => void, webhook: import('../../api/types.js').Webhook | null }} props */
function Found({ event, onEvent, webhook }) {
  const { texts, language } = usePage();
  const { paymentId, receivedAt } = event;
  return html`<p>
      ${
        paymentId === null
          ? texts.event.noPayment
          : html`${texts.event.ofPayment} <a href=${addressOf('payments', paymentId)}>${paymentId}</a>`
      }
    </p>
    <section class="card timeline-day">
      <p class="day">${dayOf(Date.parse(receivedAt), language)}</p>
      <${Entry} event=${event} onEvent=${onEvent} webhook=${webhook} heading="h2" />
    </section>`;
}

/** @param {{ id: string | null, asked: import('../../lib/use-answer.js').Asked<unknown> }} props */
function Absent({ id, asked }) {
  const { texts } = usePage();
  if (id === null) return html`<p>${texts.event.noId}</p>`;
  if (asked.refused?.status === 404) return html`<${Notice} kind="warning">${texts.event.unknown}<//>`;
  return html`<${Missing} asked=${asked} />`;
}
