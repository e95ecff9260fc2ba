/** All events of a payment in time, by day. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf, goTo } from '../../lib/router.js';
import { dayOf, number } from '../../lib/time.js';
import { pagesForExport } from '../../lib/use-pages.js';
import { Export } from '../../parts/export.js';
import { problemOf } from '../../parts/notice.js';
import { EVENT_COLUMNS, EVENT_LIST } from '../deliveries/event-list.js';
import { Entry } from '../event/entry.js';

/**
 * @typedef {import('../../lib/story.js').StoryEvent} StoryEvent
 * @typedef {import('./use-story.js').Loaded} Loaded
 * @param {{ id: string, order: 'newest' | 'oldest', loaded: Loaded, webhook: import('../../api/types.js').Webhook | null }} props
 */
export function Timeline({ id, order, loaded, webhook }) {
  const { texts, language, api } = usePage();
  const path = `payments/${encodeURIComponent(id)}?limit=200&order=${order}`;
  const { story, isMoreLoading, more, failed, onEvent } = loaded;
  const events = story === null ? [] : order === 'oldest' ? story.events : [...story.events].reverse();
  return html`<section aria-labelledby="timeline-heading" class="stack">
    <div class="row apart">
      <h2 id="timeline-heading">${texts.payment.timeline}</h2>
      <div class="row">
        <${Export} name="payment-events" columns=${EVENT_COLUMNS} next=${pagesForExport(api, path, EVENT_LIST)} />
        <${OrderSwitch} id=${id} order=${order} />
      </div>
    </div>
    ${story === null && html`<p class="quiet" aria-busy="true">${texts.common.loading}</p>`}
    ${daysOf(events, language).map(
      ({ day, ofDay }) => html`<section key=${day} class="card timeline-day" aria-label=${day}>
        <h3 class="day">${day}</h3>
        <ol class="entries">
          ${ofDay.map(
            (event) => html`<li key=${event.id}>
            <${Entry} event=${event} webhook=${event.delivery?.state === 'pending' ? webhook : null} onEvent=${onEvent} />
          </li>`,
          )}
        </ol>
      </section>`,
    )}
    ${
      story !== null &&
      story.next !== null &&
      html`<div class="row">
        <button type="button" class="button" disabled=${isMoreLoading} onClick=${more}>
          ${order === 'newest' ? texts.payment.earlier : texts.payment.later}
        </button>
        <span class="quiet">${texts.payment.loaded(number(events.length, language))}</span>
        <span role="alert">${failed === null ? '' : problemOf(failed, texts)}</span>
      </div>`
    }
  </section>`;
}

/** @param {{ id: string, order: 'newest' | 'oldest' }} props */
function OrderSwitch({ id, order }) {
  const { texts } = usePage();
  const show = (/** @type {'newest' | 'oldest'} */ wanted) => {
    goTo(addressOf('payments', id, { order: wanted === 'newest' ? null : wanted }), { replace: true });
  };
  return html`<div class="switch" role="group" aria-label=${texts.payment.orderLabel}>
    ${
      /** @type {const} */ (['newest', 'oldest']).map(
        (wanted) => html`<button key=${wanted} type="button" class="button small" aria-pressed=${wanted === order}
        onClick=${() => show(wanted)}>${texts.payment.orders[wanted]}</button>`,
      )
    }
  </div>`;
}

/** Groups by the reader's day. @param {readonly StoryEvent[]} events @param {import('../../lib/time.js').Language} language */
function daysOf(events, language) {
  /** @type {{ day: string, ofDay: StoryEvent[] }[]} */
  const days = [];
  for (const event of events) {
    const day = dayOf(Date.parse(event.receivedAt), language);
    const last = days.at(-1);
    if (last?.day === day) last.ofDay.push(event);
    else days.push({ day, ofDay: [event] });
  }
  return days;
}
