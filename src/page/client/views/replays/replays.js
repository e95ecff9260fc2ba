/** Replays of many deliveries. */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';

/** @param {import('../views.js').ViewProps} _props */
export function Replays(_props) {
  const texts = useTexts();
  return html`<h1>${texts.replays.heading}</h1>`;
}
