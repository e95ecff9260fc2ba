/** What was given up, by reason. */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';

/** @param {import('../views.js').ViewProps} _props */
export function DeadLetters(_props) {
  const texts = useTexts();
  return html`<h1>${texts.deadLetters.heading}</h1>`;
}
