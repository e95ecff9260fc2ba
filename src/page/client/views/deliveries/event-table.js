/** The events that are shown, a row each. */
import { deliveryWords } from '../../lib/delivery-words.js';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { absoluteTime, number, shortTime } from '../../lib/time.js';
import { wordOf } from '../../lib/words.js';
import { State, stateOf } from '../../parts/state.js';
import { useNow } from '../../parts/time.js';
import { isReplayable } from './event-list.js';

const EVERY_MS = 60_000;

/** @typedef {import('../../lib/paged-list.js').Shown<import('../../api/types.js').Event>} ShownEvent */

/**
 * @param {{ pages: import('../../lib/use-pages.js').Pages<import('../../api/types.js').Event>,
 *   selection: import('./use-selection.js').Selection }} props
 */
export function EventTable({ pages, selection }) {
  const { texts } = usePage();
  const now = useNow(EVERY_MS);
  const words = texts.deliveries;
  const shown = pages.rows.filter(({ row }) => isReplayable(row)).map(({ row }) => row.id);
  const toggle = (/** @type {string} */ id, /** @type {boolean} */ isRange) => selection.toggle(id, { isRange, shown });
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${words.heading}>
    <table class="stacked events">
      <thead><tr>
        <th scope="col"><span class="off-screen">${words.select}</span></th>
        <th scope="col">${words.received}</th>
        <th scope="col">${words.payment}</th>
        <th scope="col">${words.what}</th>
        <th scope="col">${words.state}</th>
        <th scope="col" class="number">${words.attempts}</th>
        <th scope="col">${words.summary}</th>
      </tr></thead>
      <tbody>
        ${pages.rows.map(
          (one) =>
            html`<${Row} key=${one.row.id} one=${one} now=${now} isChosen=${selection.ids.has(one.row.id)} onToggle=${toggle} />`,
        )}
      </tbody>
    </table>
  </div>`;
}

/**
 * @param {{ one: ShownEvent, now: number, isChosen: boolean, onToggle: (id: string, isRange: boolean) => void }} props
 */
function Row({ one: { row, isGone }, now, isChosen, onToggle }) {
  const { texts, language } = usePage();
  const words = texts.deliveries;
  const ms = Date.parse(row.receivedAt);
  return html`<tr class=${isGone ? 'gone' : undefined}>
    <td class="choose"><${Choose} ...${{ row, isChosen, onToggle }} /></td>
    <td data-label=${words.received}>
      <time datetime=${row.receivedAt} title=${absoluteTime(ms, language)}>${shortTime(ms, now, language)}</time>
    </td>
    <td data-label=${words.payment} class="payment"><${Payment} row=${row} /></td>
    <td data-label=${words.what} class="what">
      <div><a href=${addressOf('events', row.id)}>${wordOf(texts.types, row.type)}</a><small class="quiet mono">${row.callback}</small></div>
    </td>
    <td data-label=${words.state}><${State} state=${stateOf(row)} /></td>
    <td data-label=${words.attempts} class="number">${row.delivery === null ? '–' : number(row.delivery.attemptCount, language)}</td>
    <td data-label=${words.summary} class="summary">
      <div>${deliveryWords(row, now, texts, language)}${isGone && html`<small class="chip">${words.gone}</small>`}</div>
    </td>
  </tr>`;
}

/** @param {{ row: ShownEvent['row'], isChosen: boolean, onToggle: (id: string, isRange: boolean) => void }} props */
function Choose({ row, isChosen, onToggle }) {
  const { texts } = usePage();
  const what = `${wordOf(texts.types, row.type)} ${row.paymentId ?? row.id}`;
  if (!isReplayable(row) && !isChosen) return null;
  const press = (/** @type {MouseEvent} */ event) => onToggle(row.id, event.shiftKey);
  return html`<label class="choose-label">
    <input type="checkbox" checked=${isChosen} aria-label=${texts.deliveries.selectOne(what)} onClick=${press} />
  </label>`;
}

/** @param {{ row: ShownEvent['row'] }} props */
function Payment({ row: { paymentId, orderReference } }) {
  const { texts } = usePage();
  if (paymentId === null) return html`<span class="quiet">${texts.deliveries.noPayment}</span>`;
  const hasOrder = orderReference !== null && orderReference !== paymentId;
  return html`<div>
    <a class="mono" href=${addressOf('payments', paymentId)}>${paymentId}</a>
    ${hasOrder && html`<small class="quiet">${texts.deliveries.order} ${orderReference}</small>`}
  </div>`;
}
