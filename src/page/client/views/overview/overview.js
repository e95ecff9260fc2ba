/** Is everything well? A sentence first, then alerts, counts, charts, and what the service is connected with. */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Missing } from '../../parts/notice.js';
import { Alerts } from './alerts.js';
import { Charts } from './charts.js';
import { Counters } from './counters.js';
import { ResursCard } from './resurs-card.js';
import { ServiceCard } from './service-card.js';
import { Verdict } from './verdict.js';
import { WebhookCard } from './webhook-card.js';

/** The same path as the chart of a day, so that the service computes it once. */
const LAST_DAY = 'statistics?step=hour';

/** @param {import('../views.js').ViewProps} props */
export function Overview({ query, status }) {
  const { overview } = useTexts();
  /** @type {import('../../lib/use-answer.js').Asked<{ alerts: import('../../api/types.js').Alert[] }>} */
  const alerts = useAnswer('alerts');
  /** @type {import('../../lib/use-answer.js').Asked<import('../../api/types.js').Statistics>} */
  const lastDay = useAnswer(LAST_DAY);
  const { body } = status;
  const listed = alerts.body?.alerts ?? null;
  return html`<h1>${overview.heading}</h1>
    ${
      body === null
        ? html`<${Missing} asked=${status} />`
        : html`
      ${listed === null ? html`<${Missing} asked=${alerts} />` : html`<${Verdict} status=${body} alerts=${listed} />`}
      <${Counters} status=${body} lastDay=${lastDay.body} />`
    }
    ${listed !== null && html`<${Alerts} alerts=${listed} />`}
    <${Charts} range=${query.range} lastDay=${lastDay} />
    ${
      body !== null &&
      html`<section aria-labelledby="overview-connected" class="stack">
        <h2 id="overview-connected">${overview.connected}</h2>
        <div class="grid connected">
          <${WebhookCard} status=${body} reload=${status.reload} />
          <${ResursCard} status=${body} />
          <${ServiceCard} status=${body} />
        </div>
      </section>`
    }`;
}
