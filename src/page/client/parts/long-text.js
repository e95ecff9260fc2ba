/** A text as it was stored, cut at 16 KiB until the reader wants all of it. */
import { useState } from 'preact/hooks';
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';
import { localeOf } from '../lib/time.js';
import { Copy } from './copy.js';

const MAX_LENGTH = 16_384;

/** @param {{ text: string, label: string }} props */
export function LongText({ text, label }) {
  const { texts, language } = usePage();
  const [isWhole, setWhole] = useState(false);
  const isCut = text.length > MAX_LENGTH && !isWhole;
  const size = new Intl.NumberFormat(localeOf(language), { style: 'unit', unit: 'kilobyte', maximumFractionDigits: 0 });
  return html`<div class="long-text">
    <div class="long-text-head">
      <span>${label}</span>
      <${Copy} text=${text} />
    </div>
    <pre tabindex="0" aria-label=${label}>${isCut ? cut(text) : text}</pre>
    ${
      isCut &&
      html`<p class="quiet">
        ${texts.common.cut(size.format(MAX_LENGTH / 1024))}${' '}
        <button type="button" class="button small" onClick=${() => setWhole(true)}>
          ${texts.common.showAll(size.format(text.length / 1024))}
        </button>
      </p>`
    }
  </div>`;
}

/** Not in the middle of a character that has two code units. @param {string} text */
function cut(text) {
  const isSplit = /[\uD800-\uDBFF]$/.test(text.slice(0, MAX_LENGTH));
  return text.slice(0, isSplit ? MAX_LENGTH - 1 : MAX_LENGTH);
}
