/** Is everything well? */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';

/** @param {import('../views.js').ViewProps} _props */
export function Overview(_props) {
  const texts = useTexts();
  return html`<h1>${texts.overview.heading}</h1>`;
}
