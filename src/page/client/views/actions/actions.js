/** Who did what. */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';

/** @param {import('../views.js').ViewProps} _props */
export function Actions(_props) {
  const texts = useTexts();
  return html`<h1>${texts.actions.heading}</h1>`;
}
