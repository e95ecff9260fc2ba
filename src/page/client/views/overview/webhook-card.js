/** The shop's webhook, with a button that tries it now when it is down. */
import { useState } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { problemOf } from '../../parts/notice.js';
import { Time } from '../../parts/time.js';
import { Fact, FactCard, Mark } from './facts.js';

const MARKS = { up: 'good', down: 'bad', unset: 'warning' };

/** @param {{ status: import('../../api/types.js').Status, reload: () => void }} props */
export function WebhookCard({ status: { webhook, webhookUrl, lastDeliveryAt }, reload }) {
  const { webhook: texts } = usePage().texts.overview;
  return html`<${FactCard} id="overview-webhook" heading=${texts.heading}>
    <dl>
      <${Fact} name=${texts.state}><${Mark} kind=${MARKS[webhook.state]}>${texts.states[webhook.state]}<//><//>
      ${webhookUrl !== null && html`<${Fact} name=${texts.url}><code>${webhookUrl}</code><//>`}
      ${webhook.downSince !== undefined && html`<${Fact} name=${texts.downSince}><${Time} at=${webhook.downSince} kind="both" /><//>`}
      ${webhook.nextProbeAt !== undefined && html`<${Fact} name=${texts.nextTry}><${Time} at=${webhook.nextProbeAt} /><//>`}
      ${webhook.lastError !== null && html`<${Fact} name=${texts.lastError}><span class="cut">${webhook.lastError}</span><//>`}
      <${Fact} name=${texts.lastDelivery}><${Time} at=${lastDeliveryAt} none=${texts.never} /><//>
    </dl>
    ${webhook.state === 'unset' && html`<p class="quiet">${texts.unset}</p>`}
    ${webhook.state === 'down' && html`<${TryNow} reload=${reload} />`}
  <//>`;
}

/** @param {{ reload: () => void }} props */
function TryNow({ reload }) {
  const { api, texts, mayChange } = usePage();
  const { webhook } = texts.overview;
  const [said, setSaid] = useState('');
  const [isBusy, setBusy] = useState(false);
  const probe = async () => {
    setBusy(true);
    /** @type {import('../../api/requests.js').Answer<{ webhook: import('../../api/types.js').Webhook }>} */
    const answer = await api.post('webhook/probe');
    setBusy(false);
    setSaid(problemOf(answer, texts) ?? webhook.tried);
    reload();
  };
  return html`<div class="row">
    <button type="button" class="button" disabled=${!mayChange || isBusy} onClick=${probe}>${webhook.tryNow}</button>
    <span class="quiet" aria-live="polite">${mayChange ? said : texts.common.notAllowed}</span>
  </div>`;
}
