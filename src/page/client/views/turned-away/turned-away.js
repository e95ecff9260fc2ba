/** Callbacks that were not accepted. */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';

/** @param {import('../views.js').ViewProps} _props */
export function TurnedAway(_props) {
  const texts = useTexts();
  return html`<h1>${texts.turnedAway.heading}</h1>`;
}
