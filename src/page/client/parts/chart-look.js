/** How the series of a chart look: each has a colour and a pattern, so that nothing is told by colour alone. */
import { html } from '../lib/html.js';

/** @typedef {import('../lib/chart-looks.js').Look} Look */

/** What is drawn over the colour, in a square of 8 by 8. @type {Readonly<Record<Look, string>>} */
const PATTERNS = {
  1: '',
  2: 'M-2 2 2-2M0 8 8 0M6 10 10 6',
  3: 'M2 2h1.6v1.6H2zM6 6h1.6v1.6H6z',
  4: 'M0 2h8M0 6h8',
  5: 'M-2 6 2 10M0 0 8 8M6-2 10 2',
  6: 'M2 0v8M6 0v8',
  other: 'M0 4h8M4 0v8',
  bad: 'M0 0 8 8M8 0 0 8',
};

/** @param {{ id: string, looks: readonly Look[] }} props */
export function Patterns({ id, looks }) {
  return html`<defs>
    ${looks.map(
      (look) => html`<pattern key=${look} id=${`${id}-${look}`} class=${`look-${look}`} width="8" height="8"
        patternUnits="userSpaceOnUse">
        <rect width="8" height="8" class="look-fill" />
        <path d=${PATTERNS[look]} class="look-ink" />
      </pattern>`,
    )}
  </defs>`;
}

/** @param {{ id: string, look: Look, isLine: boolean }} props */
export function Swatch({ id, look, isLine }) {
  return html`<svg class=${`swatch look-${look}`} viewBox="0 0 18 14" aria-hidden="true">
    ${
      isLine
        ? html`<path d="M0 7h18" class=${`look-line look-line-${look}`} /><${Mark} look=${look} x=${9} y=${7} />`
        : html`<rect x="2" y="0.5" width="13" height="13" rx="2" fill=${`url(#${id}-${look})`} />`
    }
  </svg>`;
}

/** A point of a line: a circle, or a square. @param {{ look: Look, x: number, y: number }} props */
export function Mark({ look, x, y }) {
  return look === '1'
    ? html`<circle class="look-mark look-1" cx=${x} cy=${y} r="3" />`
    : html`<rect class=${`look-mark look-${look}`} x=${x - 3} y=${y - 3} width="6" height="6" />`;
}
