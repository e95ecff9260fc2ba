/** A TEST callback through the whole path. */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';

/** @param {import('../views.js').ViewProps} _props */
export function Simulated(_props) {
  const texts = useTexts();
  return html`<h1>${texts.simulated.heading}</h1>`;
}
