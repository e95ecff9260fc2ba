/** What was done, in words, with links to what it was done to. */
import { filterWords } from '../../lib/filter-words.js';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { number } from '../../lib/time.js';

/** Said by the words or the link. */
const SAID = new Set(['id', 'paymentId', 'count', 'code', 'times', 'atLeast']);
const FILTERS = new Set(['ids', 'state', 'reason', 'type', 'orderReference', 'from', 'to', 'provider']);

/** @param {{ action: import('../../api/types.js').Action }} props */
export function ActionWords({ action }) {
  const { texts, language } = usePage();
  const { detail } = action;
  const isReplay = action.action.startsWith('replay.');
  const which = isReplay ? filterWords(texts, language, detail) : [];
  const others = Object.entries(detail).filter(([name, value]) => {
    return value !== null && !SAID.has(name) && !(isReplay && FILTERS.has(name));
  });
  return html`<div class="action">
    <span>${sentence(action, texts, language)}</span>
    <${Target} action=${action} />
    ${which.length > 0 && html`<small class="quiet">${which.join(', ')}</small>`}
    ${others.length > 0 && html`<small class="quiet">${others.map(([name, value]) => `${name}: ${textOf(value)}`).join(', ')}</small>`}
  </div>`;
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * @param {import('../../api/types.js').Action} action @param {import('../../texts/en.js').Texts} texts
 * @param {import('../../lib/time.js').Language} language
 */
function sentence({ action, detail }, texts, language) {
  const { words } = texts.actions;
  switch (action) {
    case 'replay.started': {
      const count = typeof detail.count === 'number' ? detail.count : 0;
      return words[action](count, `${number(count, language)}${detail.atLeast === true ? '+' : ''}`);
    }
    case 'mock_error.set':
      return words[action](String(detail.code), String(detail.times));
    case 'replay.stopped':
    case 'event.replayed':
    case 'payment.erased':
    case 'mock_error.removed':
    case 'alert.tested':
    case 'callback.simulated':
      return words[action];
    default:
      return action;
  }
}

const OF_AN_EVENT = new Set(['event.replayed', 'callback.simulated']);

/** The replay, the event or the payment. @param {{ action: import('../../api/types.js').Action }} props */
function Target({ action: { action, detail } }) {
  const { texts } = usePage();
  const { id, paymentId } = detail;
  if (action.startsWith('replay.') && typeof id === 'string') {
    return html`<a href=${addressOf('replays', id)}>${texts.actions.replay} ${id.slice(0, 8)}</a>`;
  }
  if (OF_AN_EVENT.has(action) && typeof id === 'string') {
    return html`<a href=${addressOf('events', id)}>${texts.actions.event} ${id.slice(0, 12)}</a>`;
  }
  if (typeof paymentId === 'string') {
    return html`<a class="mono" href=${addressOf('payments', paymentId)}>${paymentId}</a>`;
  }
  return null;
}
