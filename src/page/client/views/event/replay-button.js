/** Sends one event again, after a question, and follows it until it has ended. */
import { useEffect, useState } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Dialog } from '../../parts/dialog.js';
import { Notice, problemOf } from '../../parts/notice.js';

/**
 * @typedef {import('../../api/types.js').EventWithAttempts} StoryEvent
 * @typedef {import('../../api/types.js').EventDetail} Detail
 * @typedef {{ event: StoryEvent, words: string, onEvent: (event: StoryEvent) => void }} Props
 */

/** @param {Props} props */
export function ReplayButton({ event, words, onEvent }) {
  const { texts, mayChange } = usePage();
  const [isAsking, setAsking] = useState(false);
  const [isFollowed, setFollowed] = useState(false);
  const isFinished = event.delivery?.state === 'delivered' || event.delivery?.state === 'dead_letter';
  const reason = !mayChange ? texts.common.notAllowed : isFinished ? undefined : texts.event.unfinished;
  const onReplayed = (/** @type {Detail} */ detail) => {
    setAsking(false);
    setFollowed(true);
    onEvent(listed(detail));
  };
  return html`<div class="replay">
    <button type="button" class="button small" disabled=${reason !== undefined} title=${reason}
      aria-label=${texts.event.replayOf(words)} onClick=${() => setAsking(true)}>${texts.event.replay}</button>
    ${!mayChange && html`<span class="quiet">${reason}</span>`}
    ${isAsking && html`<${Question} ...${{ event, words, onReplayed, onClose: () => setAsking(false) }} />`}
    ${isFollowed && !isFinished && html`<${Follow} id=${event.id} onEvent=${onEvent} />`}
  </div>`;
}

/** @param {{ event: StoryEvent, words: string, onReplayed: (detail: Detail) => void, onClose: () => void }} props */
function Question({ event, words, onReplayed, onClose }) {
  const { api, texts, announce, environment } = usePage();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {string | null} */ (null));
  const replay = async () => {
    setBusy(true);
    /** @type {import('../../api/requests.js').Answer<Detail>} */
    const answer = await api.post(`events/${encodeURIComponent(event.id)}/replay`);
    if (answer.outcome === 'answered') {
      announce(texts.event.replayed);
      onReplayed(answer.body);
      return;
    }
    setBusy(false);
    setProblem(problemOf(answer, texts));
  };
  return html`<${Dialog} heading=${texts.event.replayHeading} onClose=${onClose} isHeld=${isBusy}>
    <p><b>${words}</b> <code>${event.id}</code></p>
    <p>${texts.event.replayMeaning(texts.environment[environment])}</p>
    <p role="alert">${problem !== null && html`<${Notice} kind="bad">${problem}<//>`}</p>
    <div class="row apart">
      <button type="button" class="button" disabled=${isBusy} onClick=${onClose}>${texts.common.cancel}</button>
      <button type="button" class="button primary" disabled=${isBusy} onClick=${replay}>${texts.event.replay}</button>
    </div>
  <//>`;
}

/** Its outcome is mostly there within a second, and is looked for sooner than the rest of the page. */
const SOON_MS = [500, 1_500, 4_000];

/** @param {{ id: string, onEvent: (event: StoryEvent) => void }} props */
function Follow({ id, onEvent }) {
  /** @type {import('../../lib/use-answer.js').Asked<Detail>} */
  const { body, reload } = useAnswer(`events/${encodeURIComponent(id)}?body=none`);
  useEffect(() => {
    const timers = SOON_MS.map((ms) => setTimeout(reload, ms));
    return () => timers.forEach(clearTimeout);
  }, [reload]);
  useEffect(() => {
    if (body !== null) onEvent(listed(body));
  }, [body, onEvent]);
  return null;
}

const MAX_ATTEMPTS = 100;

/** Returns an event as the list of a payment has it. @param {Detail} detail @returns {StoryEvent} */
export function listed(detail) {
  const { applicationId, change, payment, paymentError, bodyText, bodyBase64, bodyError, attempts, ...event } = detail;
  const omitted = Math.max(0, attempts.length - MAX_ATTEMPTS);
  return { ...event, attempts: attempts.slice(omitted), ...(omitted === 0 ? {} : { attemptsOmitted: omitted }) };
}
