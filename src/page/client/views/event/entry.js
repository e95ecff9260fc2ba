/** An event as an entry: what happened, how its delivery stands, each attempt, and the rest on demand. */
import { useMemo } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { number, shortTime } from '../../lib/time.js';
import { Clock } from '../../parts/clock.js';
import { OnDemand } from '../../parts/on-demand.js';
import { State, stateOf } from '../../parts/state.js';
import { Attempts } from './attempts.js';
import { Content } from './content.js';
import { DeliveryLine } from './delivery-line.js';
import { ReplayButton } from './replay-button.js';
import { SentWebhook } from './sent-webhook.js';
import { typeInWords } from './words.js';

/**
 * @typedef {import('../../api/types.js').EventWithAttempts} StoryEvent
 * @typedef {object} EntryProps
 * @property {StoryEvent} event
 * @property {import('../../api/types.js').Webhook | null} webhook
 * @property {(event: StoryEvent) => void} onEvent Takes the event as it is after a change.
 * @property {'h2' | 'h3' | 'h4'} [heading]
 */

/** An entry that did not change is not rendered again: a story may have very many. @param {EntryProps} props */
export function Entry({ event, webhook, onEvent, heading = 'h4' }) {
  const isDown = webhook?.state === 'down';
  return useMemo(
    () => html`<${Contents} ...${{ event, isDown, onEvent, heading }} />`,
    [event, isDown, onEvent, heading],
  );
}

/** @param {Required<Omit<EntryProps, 'webhook'>> & { isDown: boolean }} props */
function Contents({ event, isDown, onEvent, heading }) {
  const { texts } = usePage();
  const { id, delivery, receivedAt } = event;
  const words = typeInWords(event, texts);
  return html`<article class="entry" aria-label=${words}>
    <span class="entry-at"><${Clock} at=${receivedAt} /></span>
    <div class="entry-main">
      <div class="entry-head">
        <${heading} class="entry-title">${words}<//>
        <${State} state=${stateOf(event)} />
      </div>
      <${Origin} event=${event} />
      <${Receipts} event=${event} />
      <${DeliveryLine} event=${event} isDown=${isDown} />
      <${Attempts} near=${event.receivedAt} attempts=${event.attempts ?? []} omitted=${event.attemptsOmitted ?? 0} />
      <div class="entry-more">
        <${OnDemand} summary=${texts.event.details} contents=${() => html`<${Content} event=${event} />`} />
        ${delivery !== null && html`<${OnDemand} summary=${texts.event.webhook} contents=${() => html`<${SentWebhook} id=${id} />`} />`}
        ${delivery !== null && html`<${ReplayButton} event=${event} words=${words} onEvent=${onEvent} />`}
      </div>
    </div>
  </article>`;
}

/** Which callback it came by. @param {{ event: StoryEvent }} props */
function Origin({ event }) {
  const { texts } = usePage();
  const { callback, result, type, id, missed } = event;
  return html`<p class="entry-origin quiet">
    <code>${callback}${result === null ? '' : ` ${result}`}</code>
    <code>${type}</code>
    <a href=${addressOf('events', id)} aria-label=${texts.event.open(event.sequence)}>#${event.sequence}</a>
    ${missed !== undefined && html`<span class="chip">${texts.event.found}</span>`}
    ${event.erasedAt !== undefined && html`<span class="chip">${texts.event.erased}</span>`}
  </p>`;
}

/** How often Resurs sent the callback. @param {{ event: StoryEvent }} props */
function Receipts({ event: { receipts } }) {
  const { texts, language } = usePage();
  if (receipts.count < 2) return null;
  const at = shortTime(Date.parse(receipts.lastAt), Date.parse(receipts.firstAt), language);
  return html`<p class="quiet">${texts.event.repeats(number(receipts.count, language), at)}</p>`;
}
