/** A text of the page in which \`commands\` and \`SETTINGS\` are marked. */
import { html } from '../lib/html.js';

/** Every second part is marked. @param {{ text: string }} props */
export function Words({ text }) {
  return html`${text.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code key=${index}>${part}</code>`))}`;
}
