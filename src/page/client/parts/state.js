/** The state of a delivery: a mark whose shape tells it too, and the word. */
import { html } from '../lib/html.js';
import { useTexts } from '../lib/page.js';

/** @type {Readonly<Record<string, string>>} */
const SHAPES = {
  delivered: 'M3 8.5 6.5 12 13 4.5',
  dead_letter: 'M4 4l8 8M12 4l-8 8',
  pending: 'M8 3.5V8l3 2',
  delivering: 'M3 8h9M8.5 4.5 12 8l-3.5 3.5',
  held: 'M5.5 4v8M10.5 4v8',
  none: 'M4 8h8',
};

/** @param {{ state: keyof import('../texts/en.js').Texts['states'] }} props */
export function State({ state }) {
  const { states, stateHints } = useTexts();
  return html`<span class="state state-${state}" title=${stateHints[state]}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${SHAPES[state]} /></svg>${states[state]}
  </span>`;
}

/** @param {{ delivery: import('../api/types.js').Delivery | null }} event */
export function stateOf({ delivery }) {
  return delivery === null ? /** @type {const} */ ('none') : delivery.state;
}
