/** A button that copies a text; also on plain http, where the browser has no clipboard for pages. */
import { useState } from 'preact/hooks';
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';

/** @param {{ text: string | (() => string), label?: string }} props */
export function Copy({ text, label }) {
  const { texts, announce } = usePage();
  const [said, setSaid] = useState('');
  const copy = async () => {
    const done = await copyText(typeof text === 'string' ? text : text());
    const result = done ? texts.common.copied : texts.common.notCopied;
    setSaid(result);
    announce(result);
    setTimeout(() => setSaid(''), 2_000);
  };
  return html`<button type="button" class="button small" onClick=${copy}>${said || label || texts.common.copy}</button>`;
}

/** @param {string} text @returns {Promise<boolean>} */
async function copyText(text) {
  try {
    if (!isSecureContext) return copySelected(text);
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** @param {string} text */
function copySelected(text) {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'off-screen';
  field.setAttribute('aria-hidden', 'true');
  // Inside an open dialog, since nothing outside it can be selected.
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
