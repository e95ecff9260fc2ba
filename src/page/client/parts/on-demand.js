/** What the reader opens: its contents are made, and asked for, when it is opened first. */
import { useState } from 'preact/hooks';
import { html } from '../lib/html.js';

/** @param {{ summary: string, label?: string, contents: () => import('preact').VNode | null }} props */
export function OnDemand({ summary, label, contents }) {
  const [wasOpened, setOpened] = useState(false);
  const note = (/** @type {Event} */ event) => {
    if (event.currentTarget instanceof HTMLDetailsElement && event.currentTarget.open) setOpened(true);
  };
  return html`<details class="on-demand" onToggle=${note}>
    <summary aria-label=${label}>${summary}</summary>
    ${wasOpened && html`<div class="on-demand-body">${contents()}</div>`}
  </details>`;
}
