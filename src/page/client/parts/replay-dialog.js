/** Asks before a replay: first how many match, then what will happen, then the start. */
import { useState } from 'preact/hooks';
import { filterWords } from '../lib/filter-words.js';
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';
import { addressOf } from '../lib/router.js';
import { number } from '../lib/time.js';
import { Dialog } from './dialog.js';
import { Notice } from './notice.js';
import { useReplay } from './use-replay.js';

/** In production a reader who starts more than that types the count. */
const TYPED_ABOVE = 100;

/**
 * @param {{ filter: import('../lib/event-filter.js').ReplayFilter, status: import('../api/types.js').Status | null,
 *   onClose: () => void }} props
 */
export function ReplayDialog({ filter, status, onClose }) {
  const { texts, environment } = usePage();
  const words = texts.replays.dialog;
  const replay = useReplay(filter);
  const [typed, setTyped] = useState('');
  const { phase, count, atLeast } = replay;
  const isPossible = (phase === 'counted' || phase === 'starting') && count > 0 && !atLeast;
  const isTyped = isPossible && environment === 'production' && count > TYPED_ABOVE;
  const mayStart = isPossible && (!isTyped || typed.replace(/\D/g, '') === String(count));
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (mayStart) replay.start();
  };
  // While it starts its outcome is not known, so the dialog stays.
  const isStarting = phase === 'starting';
  return html`<${Dialog} heading=${words.heading} onClose=${onClose} isHeld=${isStarting}>
    <form class="stack" onSubmit=${submit}>
      <div class="stack" aria-live="polite"><${Outcome} replay=${replay} /></div>
      ${isPossible && html`<${What} filter=${filter} status=${status} />`}
      ${isTyped && html`<${TypedCount} count=${count} typed=${typed} onTyped=${setTyped} />`}
      <div class="row dialog-buttons">
        <button type="button" class="button" disabled=${isStarting} onClick=${onClose}>
          ${isPossible ? texts.common.cancel : texts.common.close}
        </button>
        <${Start} ...${{ replay, isPossible, mayStart }} />
      </div>
    </form>
  <//>`;
}

/** @param {{ replay: import('./use-replay.js').Replaying, isPossible: boolean, mayStart: boolean }} props */
function Start({ replay: { phase, count, countAgain }, isPossible, mayStart }) {
  const { texts, language } = usePage();
  const words = texts.replays.dialog;
  if (phase === 'failed') {
    return html`<button type="button" class="button primary" onClick=${countAgain}>${words.countAgain}</button>`;
  }
  if (!isPossible) return null;
  return html`<button type="submit" class="button primary" disabled=${!mayStart || phase === 'starting'}>
    ${phase === 'starting' ? words.starting : words.start(number(count, language))}
  </button>`;
}

/** What is known so far. @param {{ replay: import('./use-replay.js').Replaying }} props */
function Outcome({ replay: { phase, count, atLeast, note, problem } }) {
  const { texts, language } = usePage();
  const words = texts.replays.dialog;
  const shown = number(count, language);
  const hasLink = note === 'silent' || note === 'startedBefore';
  return html`
    ${problem !== '' && html`<${Notice} kind="bad">${problem}<//>`}
    ${
      note !== null &&
      html`<${Notice} kind="warning">${words[note]} ${hasLink && html`<a href=${addressOf('replays')}>${words.look}</a>`}<//>`
    }
    ${phase === 'counting' && html`<p aria-busy="true">${words.counting}</p>`}
    ${(phase === 'counted' || phase === 'starting') && html`<p class="replay-count">${sentence()}</p>`}`;

  function sentence() {
    if (atLeast) return words.tooMany(shown);
    return count === 0 ? words.nothing : words.will(count, shown);
  }
}

/**
 * Which deliveries go where.
 * @param {{ filter: import('../lib/event-filter.js').ReplayFilter, status: import('../api/types.js').Status | null }} props
 */
function What({ filter, status }) {
  const { texts, language, environment } = usePage();
  const words = texts.replays.dialog;
  const which = filterWords(texts, language, filter);
  return html`<dl class="facts">
      <dt>${words.which}</dt><dd>${which.length === 0 ? texts.replays.everything : which.join(', ')}</dd>
      <dt>${words.to}</dt><dd>${status === null ? '–' : (hostOf(status.webhookUrl) ?? words.noWebhook)}</dd>
      <dt>${words.environment}</dt>
      <dd><span class="environment environment-${environment}">${texts.environment[environment]}</span></dd>
    </dl>
    <p class="quiet">${words.note}</p>`;
}

/** @param {{ count: number, typed: string, onTyped: (typed: string) => void }} props */
function TypedCount({ count, typed, onTyped }) {
  const { texts, language } = usePage();
  const words = texts.replays.dialog;
  const shown = number(count, language);
  const isWrong = typed !== '' && !String(count).startsWith(typed.replace(/\D/g, ''));
  return html`<label>${words.type(shown)}
    <input type="text" inputmode="numeric" autocomplete="off" value=${typed} aria-invalid=${isWrong}
      onInput=${(/** @type {Event} */ event) => onTyped(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
    <span class="field-problem" aria-live="polite">${isWrong ? words.mismatch(shown) : ''}</span>
  </label>`;
}

/** @param {string | null} url */
function hostOf(url) {
  if (url === null) return null;
  return URL.canParse(url) ? new URL(url).host : url;
}
