/** The alerts that fire with what to do, and those that ended lately. Their texts are the service's own. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { number } from '../../lib/time.js';
import { Notice } from '../../parts/notice.js';
import { Time } from '../../parts/time.js';

/** @typedef {import('../../api/types.js').Alert} Alert */

/** @param {{ alerts: readonly Alert[] }} props */
export function Alerts({ alerts }) {
  const { texts, language } = usePage();
  const { overview } = texts;
  const firing = alerts.filter(({ state }) => state === 'firing');
  const ended = alerts.filter(({ state }) => state === 'resolved');
  if (alerts.length === 0) return null;
  return html`<section class="stack tight" id="overview-alerts" tabindex="-1" aria-labelledby="overview-alerts-heading">
    <h2 id="overview-alerts-heading" class=${firing.length === 0 ? 'off-screen' : ''}>${overview.alerts}</h2>
    ${firing.map((alert) => html`<${Firing} key=${alert.name} alert=${alert} />`)}
    ${
      ended.length > 0 &&
      html`<details class="ended">
        <summary>${overview.ended(number(ended.length, language))}</summary>
        <ul class="plain-list">${ended.map((alert) => html`<${Ended} key=${alert.name} alert=${alert} />`)}</ul>
      </details>`
    }
  </section>`;
}

/** @param {{ alert: Alert }} props */
function Firing({ alert: { name, severity, since, message, fix } }) {
  const { overview } = usePage().texts;
  return html`<${Notice} kind=${severity === 'critical' ? 'bad' : 'warning'}>
    <div class="row apart">
      <h3><span class="severity">${overview.severity[severity]}</span> <code>${name}</code></h3>
      <span class="quiet">${overview.since}${' '}<${Time} at=${since} kind="both" /></span>
    </div>
    <p>${message}</p>
    <p><b>${overview.fix}:</b> ${fix}</p>
  <//>`;
}

/** @param {{ alert: Alert }} props */
function Ended({ alert: { name, since, until, message } }) {
  return html`<li>
    <div class="row"><code>${name}</code>
      <span class="quiet"><${Time} at=${since} kind="short" /> – <${Time} at=${until} kind="both" /></span>
    </div>
    <p class="quiet">${message}</p>
  </li>`;
}
