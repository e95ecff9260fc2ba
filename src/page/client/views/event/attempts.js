/** The attempts of a delivery: the last ones are shown, the earlier ones on demand. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { duration, number } from '../../lib/time.js';
import { wordOf } from '../../lib/words.js';
import { Clock } from '../../parts/clock.js';
import { OnDemand } from '../../parts/on-demand.js';

const SHOWN = 4;
const SHORT_ANSWER = 120;

/** @typedef {import('../../api/types.js').Attempt} Attempt */

/** @param {{ attempts: readonly Attempt[], omitted: number, near: string }} props */
export function Attempts({ attempts, omitted, near }) {
  const { texts, language } = usePage();
  if (attempts.length === 0) return null;
  const earlier = attempts.slice(0, -SHOWN);
  const summary = texts.event.earlierAttempts(number(earlier.length, language));
  return html`<div class="attempts">
    ${omitted > 0 && html`<p class="quiet">${texts.event.omitted(number(omitted, language))}</p>`}
    ${earlier.length > 0 && html`<${OnDemand} summary=${summary} contents=${() => html`<${List} attempts=${earlier} near=${near} />`} />`}
    <${List} attempts=${attempts.slice(-SHOWN)} near=${near} />
  </div>`;
}

/** @param {{ attempts: readonly Attempt[], near: string }} props */
function List({ attempts, near }) {
  const { texts } = usePage();
  return html`<ol class="attempt-list" aria-label=${texts.event.attempts}>
    ${attempts.map((attempt) => html`<${Item} key=${attempt.number} attempt=${attempt} near=${near} />`)}
  </ol>`;
}

/** @param {{ attempt: Attempt, near: string }} props */
function Item({ attempt, near }) {
  const { texts, language } = usePage();
  const { outcome, status, error, answer } = attempt;
  const shape = outcome === 'accepted' ? 'M3 8.5 6.5 12 13 4.5' : 'M4 4l8 8M12 4l-8 8';
  return html`<li class="attempt">
    <span class=${`attempt-mark attempt-${outcome === 'accepted' ? 'good' : 'bad'}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${shape} /></svg>
    </span>
    <span class="attempt-line">
      <b>${texts.event.attempt(number(attempt.number, language))}</b>
      <${Clock} at=${attempt.startedAt} near=${near} />
      <span>${wordOf(texts.event.outcomes, outcome)}${status === null ? '' : ` ${status}`}</span>
      <span class="quiet">${duration(attempt.durationMs, language)}</span>
      ${error !== null && error !== `HTTP ${status}` && html`<code>${error}</code>`}
      ${answer !== null && answer !== '' && html`<${AnswerText} answer=${answer} />`}
    </span>
  </li>`;
}

/** The merchant's words. @param {{ answer: string }} props */
function AnswerText({ answer }) {
  const { texts } = usePage();
  if (answer.length <= SHORT_ANSWER && !answer.includes('\n')) return html`<code class="answer">${answer}</code>`;
  const whole = () => html`<pre tabindex="0" aria-label=${texts.event.answer}>${answer}</pre>`;
  return html`<${OnDemand} summary=${texts.event.answer} contents=${whole} />`;
}
