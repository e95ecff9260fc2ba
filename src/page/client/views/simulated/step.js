/** One step, with a mark whose shape tells how it went. */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';

/** @typedef {'waiting' | 'done' | 'failed' | 'skipped'} StepState */

/** @type {Readonly<Record<StepState, string>>} */
const SHAPES = {
  waiting: 'M8 4v4l2.5 1.5',
  done: 'M3 8.5 6.5 12 13 4.5',
  failed: 'M4 4l8 8M12 4l-8 8',
  skipped: 'M4 8h8',
};

/** @param {{ state: StepState, heading: string, children?: unknown }} props */
export function Step({ state, heading, children }) {
  const { simulated } = useTexts();
  return html`<li class=${`step step-${state}`}>
    <span class="step-mark"><svg viewBox="0 0 16 16" role="img" aria-label=${simulated.step[state]}><path d=${SHAPES[state]} /></svg></span>
    <div class="step-text"><h2>${heading}</h2>${children}</div>
  </li>`;
}
