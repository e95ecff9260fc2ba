/** One event. */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';

/** @param {import('../views.js').ViewProps} _props */
export function EventView(_props) {
  const texts = useTexts();
  return html`<h1>${texts.event.heading}</h1>`;
}
