/** What became of a simulated callback, step by step. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { duration } from '../../lib/time.js';
import { DeliveryStep } from './delivery-step.js';
import { Step } from './step.js';

/** @param {{ result: import('../../api/types.js').SimulatedCallback, isWebhookDown: boolean }} props */
export function Steps({ result, isWebhookDown }) {
  const { texts, language } = usePage();
  const { simulated } = texts;
  const { url, status, durationMs, eventId, problem } = result;
  const time = duration(durationMs, language);
  const isTaken = status !== null && status >= 200 && status < 300;
  const why = problem !== null && html`<p>${problem.message}</p><p><b>${simulated.fix}:</b> ${problem.fix}</p>`;
  return html`<ol class="card progress-steps" aria-label=${simulated.stepsLabel}>
    <${Step} state=${isTaken ? 'done' : 'failed'} heading=${simulated.sent}>
      <p><code>${url}</code></p>
      <p>${status === null ? simulated.notAnswered(time) : simulated.answered(String(status), time)}</p>
      ${!isTaken && why}
    <//>
    <${Step} state=${eventId !== null ? 'done' : isTaken ? 'failed' : 'skipped'} heading=${simulated.stored}>
      ${
        eventId === null
          ? html`<p>${simulated.notStored}</p>${isTaken && why}`
          : html`<p><a class="mono" href=${addressOf('events', eventId)}>${eventId}</a></p>`
      }
    <//>
    ${
      eventId === null
        ? html`<${Step} state="skipped" heading=${simulated.delivered} />`
        : html`<${DeliveryStep} eventId=${eventId} isWebhookDown=${isWebhookDown} />`
    }
  </ol>`;
}
