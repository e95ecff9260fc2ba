/** What an event holds: parameters, checks, body, and what Resurs held of the payment. Asked for when it is opened. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { absoluteTime } from '../../lib/time.js';
import { useOnce } from '../../lib/use-once.js';
import { wordOf } from '../../lib/words.js';
import { Copy } from '../../parts/copy.js';
import { LongText } from '../../parts/long-text.js';
import { Notice, problemOf } from '../../parts/notice.js';
import { Held } from './held.js';

/**
 * @typedef {import('../../api/types.js').Event} Event
 * @typedef {import('../../api/types.js').EventDetail} Detail
 */

/** @param {{ event: Event }} props */
export function Content({ event }) {
  const { texts, language } = usePage();
  /** @type {ReturnType<typeof useOnce<Detail>>} */
  const { answer, reload } = useOnce(`events/${encodeURIComponent(event.id)}?body=text`);
  if (answer === null) return html`<p class="quiet" aria-busy="true">${texts.common.loading}</p>`;
  if (answer.outcome !== 'answered') {
    return html`<${Notice} kind="bad">
      ${problemOf(answer, texts)}${' '}
      <button type="button" class="button small" onClick=${reload}>${texts.event.again}</button>
    <//>`;
  }
  const detail = answer.body;
  const { erasedAt, registeredAt } = detail;
  const time = (/** @type {string} */ at) => absoluteTime(Date.parse(at), language);
  return html`<div class="stack">
    ${erasedAt !== undefined && html`<${Notice} kind="info">${texts.event.erasedAt(time(erasedAt))}<//>`}
    <dl class="pairs">
      <div><dt>${texts.event.id}</dt><dd><code>${detail.id}</code> <${Copy} text=${detail.id} /></dd></div>
      <div><dt>${texts.event.received}</dt><dd>${time(detail.receivedAt)}</dd></div>
      ${registeredAt !== null && html`<div><dt>${texts.event.registered}</dt><dd>${time(registeredAt)}</dd></div>`}
      <div><dt>${texts.event.checks}</dt><dd><${Checks} verified=${detail.verified} /></dd></div>
      <${Parameters} parameters=${detail.parameters} />
    </dl>
    <${Change} change=${detail.change} />
    <${Snapshot} detail=${detail} />
    <${Body} detail=${detail} />
  </div>`;
}

/** @param {{ verified: Event['verified'] }} props */
function Checks({ verified }) {
  const { texts } = usePage();
  const passed = Object.entries(verified).filter(([, isPassed]) => isPassed);
  if (passed.length === 0) return html`<span>${texts.event.noChecks}</span>`;
  return html`<ul class="chips">${passed.map(([name]) => html`<li key=${name} class="chip">✓ ${wordOf(texts.event.verified, name)}</li>`)}</ul>`;
}

/** @param {{ parameters: Event['parameters'] }} props */
function Parameters({ parameters }) {
  const { texts } = usePage();
  const rows = Object.entries(parameters).flatMap(([name, values]) =>
    [values].flat().map((value) => ({ name, value })),
  );
  if (rows.length === 0) return null;
  return html`<div><dt>${texts.event.parameters}</dt><dd><ul class="plain">
    ${rows.map(({ name, value }, index) => html`<li key=${index}><code>${name} = ${value}</code></li>`)}
  </ul></dd></div>`;
}

/** @param {{ change: unknown }} props */
function Change({ change }) {
  const { texts } = usePage();
  if (change === undefined || change === null) return null;
  return html`<${LongText} label=${texts.event.change} text=${JSON.stringify(change, null, 2)} />`;
}

/** @param {{ detail: Detail }} props */
function Snapshot({ detail: { payment, paymentError } }) {
  const { texts } = usePage();
  if (payment === undefined) return null;
  return html`<section class="stack" aria-label=${texts.event.snapshot}>
    <p><b>${texts.event.snapshot}</b></p>
    ${payment === null ? html`<p>${texts.event.notRead(paymentError ?? '')}</p>` : html`<${Held} payment=${payment} />`}
  </section>`;
}

/** @param {{ detail: Detail }} props */
function Body({ detail: { bodyText, bodyBase64, bodyError } }) {
  const { texts } = usePage();
  const text = bodyText ?? bodyBase64 ?? null;
  if (text === null) return html`<p class="quiet">${texts.event.noBody}</p>`;
  return html`<div class="stack">
    <${LongText} label=${bodyBase64 === undefined ? texts.event.body : texts.event.bodyBase64} text=${text} />
    ${bodyError !== undefined && html`<p class="quiet">${texts.event.bodyError(bodyError)}</p>`}
  </div>`;
}
