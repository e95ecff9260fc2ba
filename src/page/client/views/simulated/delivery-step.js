/** Follows the delivery of an event to its end. */
import { useEffect } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { number } from '../../lib/time.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Step } from './step.js';

/** @typedef {import('../../api/types.js').EventDetail} EventDetail */

const EVERY_MS = 1_000;
/** After that it is asked for as often as everything else. */
const QUICK_MS = 30_000;

/** @param {{ eventId: string, isWebhookDown: boolean }} props */
export function DeliveryStep({ eventId, isWebhookDown }) {
  const { texts, language, refresher } = usePage();
  const { simulated } = texts;
  /** @type {import('../../lib/use-answer.js').Asked<EventDetail>} */
  const asked = useAnswer(`events/${encodeURIComponent(eventId)}`);
  const event = asked.body;
  const isEnded =
    event !== null && (event.delivery === null || !['pending', 'delivering'].includes(event.delivery.state));
  useQuickly(asked.reload, isEnded, refresher);
  const { state, text } = outcomeOf(event, simulated, (count) => number(count, language));
  return html`<${Step} state=${state} heading=${simulated.delivered}>
    <p>${text}</p>
    ${state === 'waiting' && isWebhookDown && html`<p>${simulated.webhookDown}</p>`}
  <//>`;
}

/**
 * @param {EventDetail | null} event @param {import('../../texts/en.js').Texts['simulated']} simulated
 * @param {(count: number) => string} said
 * @returns {{ state: import('./step.js').StepState, text: string }}
 */
function outcomeOf(event, simulated, said) {
  if (event === null) return { state: 'waiting', text: simulated.pending };
  if (event.delivery === null) return { state: 'skipped', text: simulated.notForwarded };
  const last = event.attempts.at(-1);
  const reason = last?.error ?? (last?.status ? String(last.status) : simulated.unknownReason);
  switch (event.delivery.state) {
    case 'delivered':
      return { state: 'done', text: simulated.deliveredAfter(said(event.delivery.attemptCount)) };
    case 'dead_letter':
      return { state: 'failed', text: simulated.givenUp(reason) };
    case 'held':
      return { state: 'skipped', text: simulated.held };
    case 'pending':
    case 'delivering':
      return { state: 'waiting', text: last === undefined ? simulated.pending : simulated.pendingAfter(reason) };
  }
}

/**
 * @param {() => void} reload @param {boolean} isEnded
 * @param {import('../../api/refresher.js').Refresher} refresher While it does not ask, neither does this.
 */
function useQuickly(reload, isEnded, refresher) {
  useEffect(() => {
    if (isEnded) return undefined;
    const timer = setInterval(() => {
      if (!refresher.isPaused() && document.visibilityState === 'visible') reload();
    }, EVERY_MS);
    const end = setTimeout(() => clearInterval(timer), QUICK_MS);
    return () => {
      clearInterval(timer);
      clearTimeout(end);
    };
  }, [reload, isEnded, refresher]);
}
