/** What comes from Resurs, and what is registered there. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { duration, number } from '../../lib/time.js';
import { Time } from '../../parts/time.js';
import { Fact, FactCard, Mark } from './facts.js';

/** @typedef {import('../../api/types.js').Status} Status */

/** @param {{ status: Status }} props */
export function ResursCard({ status }) {
  const { resurs: texts } = usePage().texts.overview;
  const { interfaces, lastCallbackAt, lastTestAt, heartbeat, reconciliation, registrations } = status;
  const names = [interfaces.ecom ? 'eCom' : '', interfaces.merchantApi ? 'Merchant API' : ''].filter(
    (name) => name !== '',
  );
  return html`<${FactCard} id="overview-resurs" heading=${texts.heading}>
    <dl>
      <${Fact} name=${texts.interfaces}>${names.join(', ')}<//>
      <${Fact} name=${texts.lastCallback}><${Time} at=${lastCallbackAt} kind="both" none=${texts.never} /><//>
      <${Fact} name=${texts.lastTest}><${Time} at=${lastTestAt} kind="both" none=${texts.never} /><//>
      <${Fact} name=${texts.heartbeat}><${Heartbeat} heartbeat=${heartbeat} /><//>
      <${Fact} name=${texts.reconciliation}><${Reconciliation} reconciliation=${reconciliation} /><//>
      <${Fact} name=${texts.registrations}><${Registrations} registrations=${registrations} /><//>
    </dl>
  <//>`;
}

/** @param {{ heartbeat: Status['heartbeat'] }} props */
function Heartbeat({ heartbeat }) {
  const { texts, language } = usePage();
  const { resurs } = texts.overview;
  if (heartbeat === null) return html`<span class="quiet">${resurs.notSet}</span>`;
  const { roundTripMs, error, failedInRow, lastAskedAt } = heartbeat;
  return html`${
    failedInRow === 0
      ? html`<${Mark} kind="good">${resurs.arrived(duration(roundTripMs ?? 0, language))}<//>`
      : html`<${Mark} kind="bad">${resurs.failed({ count: failedInRow, text: number(failedInRow, language) })}<//>`
  }${' '}<span class="quiet">(<${Time} at=${lastAskedAt} />)</span>
  ${error !== null && html`<p class="quiet cut">${error}</p>`}`;
}

/** @param {{ reconciliation: Status['reconciliation'] }} props */
function Reconciliation({ reconciliation }) {
  const { texts, language } = usePage();
  const { resurs } = texts.overview;
  const { lastRunAt, checked, missed, failedInRow, error } = reconciliation;
  if (lastRunAt === null) return html`<span class="quiet">${resurs.neverRan}</span>`;
  const said = (/** @type {number | null} */ count) => number(count ?? 0, language);
  return html`${
    failedInRow === 0
      ? html`<${Mark} kind="good">${resurs.checked(said(checked), said(missed))}<//>`
      : html`<${Mark} kind="bad">${resurs.failed({ count: failedInRow, text: said(failedInRow) })}<//>`
  }${' '}<span class="quiet">(<${Time} at=${lastRunAt} />)</span>
  ${error !== null && html`<p class="quiet cut">${error}</p>`}`;
}

/** @param {{ registrations: Status['registrations'] }} props */
function Registrations({ registrations }) {
  const { texts, language } = usePage();
  const { resurs } = texts.overview;
  if (registrations.length === 0) return html`<span class="quiet">${resurs.notRegistered}</span>`;
  const wrong = registrations.filter(({ salt }) => salt !== 'current');
  if (wrong.length === 0) {
    return html`<${Mark} kind="good">${resurs.registered(number(registrations.length, language))}<//>`;
  }
  return html`<ul class="plain-list">
    ${wrong.map(
      ({ type, salt, problem }) => html`<li key=${type}>
        <${Mark} kind=${salt === 'changed' ? 'bad' : 'warning'}>${type}: ${resurs.salts[salt]}<//>
        ${problem !== null && html`<p class="quiet">${problem}</p>`}
      </li>`,
    )}
  </ul>
  <p class="quiet">${resurs.registerAgain}</p>`;
}
