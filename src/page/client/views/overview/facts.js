/** A card of facts: names with their values. */
import { html } from '../../lib/html.js';

/** `id` is where a link of the overview leads. @param {{ id: string, heading: string, children?: unknown }} props */
export function FactCard({ id, heading, children }) {
  return html`<section class="card connections" id=${id} tabindex="-1" aria-labelledby=${`${id}-heading`}>
    <h3 id=${`${id}-heading`}>${heading}</h3>
    ${children}
  </section>`;
}

/** @param {{ name: string, children?: unknown }} props */
export function Fact({ name, children }) {
  return html`<div class="fact"><dt>${name}</dt><dd>${children}</dd></div>`;
}

const SHAPES = {
  good: 'M3 8.5 6.5 12 13 4.5',
  bad: 'M4 4l8 8M12 4l-8 8',
  warning: 'M8 3.5v5.5M8 12.3v.2',
  none: 'M4 8h8',
};
const LOOKS = { good: 'delivered', bad: 'dead_letter', warning: 'pending', none: 'none' };

/** How something is: a shape and a word. @param {{ kind: keyof typeof SHAPES, children?: unknown }} props */
export function Mark({ kind, children }) {
  return html`<span class=${`state state-${LOOKS[kind]}`}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${SHAPES[kind]} /></svg>${children}
  </span>`;
}
