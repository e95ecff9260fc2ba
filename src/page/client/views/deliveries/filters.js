/** The fields of the filter. Their values are kept in the address. */
import { filterOf, hasFilter } from '../../lib/event-filter.js';
import { html } from '../../lib/html.js';
import { fromLocal, minuteAgo, toLocal } from '../../lib/local-time.js';
import { usePage } from '../../lib/page.js';
import { addressOf, goTo } from '../../lib/router.js';
import { wordOf } from '../../lib/words.js';
import { Field } from '../../parts/field.js';
import { reasonName } from '../../parts/reason.js';

const REASONS = ['503', '422', '410', '404', '500', 'timed_out', 'unreachable', 'abandoned', 'refused'];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** @typedef {Readonly<Record<string, string>>} Query */

/** @param {{ query: Query }} props */
export function Filters({ query }) {
  const { texts } = usePage();
  const words = texts.deliveries;
  const set = (/** @type {Query} */ changed) => {
    goTo(addressOf('deliveries', null, { ...filterOf(query), ...changed }), { replace: true });
  };
  const field = (/** @type {string} */ name, /** @type {string} */ label) => html`<${Field} name=${name} label=${label}
    value=${query[name] ?? ''} onValue=${(/** @type {string} */ value) => set({ [name]: value })} />`;
  const time = (/** @type {string} */ name, /** @type {string} */ label) => html`<${Field} type="datetime-local"
    name=${name} label=${label} value=${toLocal(query[name])}
    onValue=${(/** @type {string} */ value) => value !== toLocal(query[name]) && set({ [name]: fromLocal(value) })} />`;
  return html`<form class="card filters" aria-label=${words.filter}
    onSubmit=${(/** @type {SubmitEvent} */ event) => event.preventDefault()}>
    <${Choice} name="type" label=${words.type} any=${words.anyType} value=${query.type ?? ''} onValue=${set}
      options=${Object.keys(texts.types).map((type) => [type, wordOf(texts.types, type)])} />
    <${Choice} name="reason" label=${words.reason} any=${words.anyReason} value=${query.reason ?? ''} onValue=${set}
      options=${REASONS.map((reason) => [reason, reasonName(texts, reason)])} />
    ${field('paymentId', words.payment)} ${field('orderReference', words.order)}
    ${time('from', words.from)} ${time('to', words.to)}
    <div class="row apart filters-foot"><${Presets} onValue=${set} /><${Others} query=${query} /></div>
  </form>`;
}

/**
 * @param {{ name: string, label: string, any: string, value: string, onValue: (changed: Query) => void,
 *   options: readonly (readonly [string, string])[] }} props
 */
function Choice({ name, label, any, value, onValue, options }) {
  const isOther = value !== '' && options.every(([option]) => option !== value);
  return html`<label>${label}
    <select name=${name} value=${value}
      onChange=${(/** @type {Event} */ event) => onValue({ [name]: /** @type {HTMLSelectElement} */ (event.currentTarget).value })}>
      <option value="">${any}</option>
      ${options.map(([option, words]) => html`<option key=${option} value=${option}>${words}</option>`)}
      ${isOther && html`<option key=${value} value=${value}>${value}</option>`}
    </select>
  </label>`;
}

/** @param {{ onValue: (changed: Query) => void }} props */
function Presets({ onValue }) {
  const { texts, api } = usePage();
  const words = texts.deliveries;
  const presets = /** @type {const} */ ([
    [words.lastHour, HOUR_MS],
    [words.lastDay, DAY_MS],
    [words.lastWeek, 7 * DAY_MS],
    [words.lastMonth, 30 * DAY_MS],
  ]);
  return html`<div class="row" role="group" aria-label=${words.presets}>
    <span class="quiet">${words.presets}</span>
    ${presets.map(
      ([label, ms]) => html`<button key=${ms} type="button" class="button small"
        onClick=${() => onValue({ from: minuteAgo(api.now(), ms), to: '' })}>${label}</button>`,
    )}
  </div>`;
}

/** What the address asks for beside the fields, and the link that clears all filters. @param {{ query: Query }} props */
function Others({ query }) {
  const { texts } = usePage();
  if (!hasFilter(query)) return null;
  const others = ['callback', 'provider'].flatMap((name) => (query[name] ? [[name, query[name]]] : []));
  return html`<div class="row">
    ${others.map(([name = '', value = '']) => html`<span key=${name} class="chip">${texts.deliveries.also(name, value)}</span>`)}
    <a class="button small" href=${addressOf('deliveries', null, { state: query.state })}>${texts.deliveries.clear}</a>
  </div>`;
}
