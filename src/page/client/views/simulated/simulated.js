/** A TEST callback through the whole path, seen to arrive. */
import { useState } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { Missing, Notice, problemOf } from '../../parts/notice.js';
import { Steps } from './steps.js';

/** @typedef {import('../../api/types.js').SimulatedCallback} SimulatedCallback */

/** @param {import('../views.js').ViewProps} props */
export function Simulated({ status }) {
  const { simulated } = usePage().texts;
  const { body } = status;
  return html`<h1>${simulated.heading}</h1>
    ${body === null && html`<${Missing} asked=${status} />`}
    ${body?.environment === 'production' && html`<${Notice} kind="info">${simulated.notHere}<//>`}
    ${body?.environment === 'test' && html`<p class="quiet">${simulated.intro}</p><${Simulation} status=${body} />`}`;
}

/** @param {{ status: import('../../api/types.js').Status }} props */
function Simulation({ status: { interfaces, webhook } }) {
  const { api, texts, mayChange } = usePage();
  const { simulated, common } = texts;
  const hasBoth = interfaces.ecom && interfaces.merchantApi;
  const [chosen, choose] = useState('ecom');
  const [isSending, setSending] = useState(false);
  const [result, setResult] = useState(/** @type {SimulatedCallback | null} */ (null));
  const [problem, setProblem] = useState('');
  const send = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (isSending) return;
    setSending(true);
    /** @type {import('../../api/requests.js').Answer<SimulatedCallback>} */
    const answer = await api.post('simulated-callbacks', { body: hasBoth ? { interface: chosen } : {} });
    setSending(false);
    setResult(answer.outcome === 'answered' ? answer.body : null);
    setProblem(problemOf(answer, texts) ?? '');
  };
  return html`<form class="row simulation" onSubmit=${send}>
      ${hasBoth && html`<${Interfaces} chosen=${chosen} choose=${choose} />`}
      <button type="submit" class="button primary" disabled=${!mayChange || isSending}>
        ${isSending ? simulated.sending : simulated.send}
      </button>
      ${!mayChange && html`<span class="quiet">${common.notAllowed}</span>`}
    </form>
    <div aria-live="polite" class="stack">
      ${problem !== '' && html`<${Notice} kind="bad">${problem}<//>`}
      ${result !== null && html`<${Steps} key=${result.eventId ?? result.url} result=${result} isWebhookDown=${webhook.state === 'down'} />`}
    </div>`;
}

/** @param {{ chosen: string, choose: (name: string) => void }} props */
function Interfaces({ chosen, choose }) {
  const { simulated } = usePage().texts;
  return html`<label>${simulated.interface}
    <select value=${chosen} onChange=${(/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.currentTarget).value)}>
      <option value="ecom">eCom</option>
      <option value="merchantApi">Merchant API</option>
    </select>
  </label>`;
}
