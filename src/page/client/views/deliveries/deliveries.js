/** Events by the state of their delivery. */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';

/** @param {import('../views.js').ViewProps} _props */
export function Deliveries(_props) {
  const texts = useTexts();
  return html`<h1>${texts.deliveries.heading}</h1>`;
}
