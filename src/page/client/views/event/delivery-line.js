/** How the delivery of an event stands, in one sentence. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { number, relativeTime, shortTime } from '../../lib/time.js';
import { useNow } from '../../parts/time.js';

const SECOND_MS = 1_000;

/** @param {{ event: import('../../api/types.js').Event, isDown: boolean }} props */
export function DeliveryLine({ event: { delivery, receivedAt }, isDown }) {
  const { texts, language } = usePage();
  const words = texts.event.delivery;
  switch (delivery?.state) {
    case undefined:
      return html`<p>${words.none}</p>`;
    case 'held':
      return html`<p>${words.held}</p>`;
    case 'delivered': {
      const { deliveredAt } = delivery;
      if (deliveredAt === null) return html`<p>${words.deliveredSometime}</p>`;
      return html`<p>${words.delivered(shortTime(Date.parse(deliveredAt), Date.parse(receivedAt), language))}</p>`;
    }
    case 'dead_letter':
      return html`<p>${words.deadLetter(number(delivery.attemptCount, language))}</p>`;
    case 'delivering':
      return html`<p>${words.delivering}</p>`;
    case 'pending':
      return html`<${Waiting} at=${delivery.nextAttemptAt} isDown=${isDown} />`;
  }
}

/** @param {{ at: string | null, isDown: boolean }} props */
function Waiting({ at, isDown }) {
  const { texts, language } = usePage();
  const now = useNow();
  const words = texts.event.delivery;
  if (at === null) return html`<p>${words.blocked}</p>`;
  if (isDown) return html`<p>${words.down}</p>`;
  const ms = Date.parse(at);
  return html`<p>${ms < now + SECOND_MS ? words.now : words.pending(relativeTime(ms, now, language))}</p>`;
}
