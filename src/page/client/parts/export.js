/** Buttons that save a list as CSV or JSON: all of its pages, up to a limit. */
import { useState } from 'preact/hooks';
import { toCsv } from '../lib/csv.js';
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';
import { number } from '../lib/time.js';

const MAX_ROWS = 10_000;

/**
 * `next` returns the rows of the next page with its cursor (null at the end), from the cursor null on; null when the
 * service does not answer.
 * @template Row
 * @typedef {(cursor: string | null) => Promise<{ readonly rows: readonly Row[], readonly next: string | null } | null>} NextPage
 */

/**
 * @template Row
 * @param {{ name: string, columns: import('../lib/csv.js').Columns<Row>, next: NextPage<Row> }} props
 */
export function Export({ name, columns, next }) {
  const { texts, language, announce } = usePage();
  const [progress, setProgress] = useState('');
  const [isBusy, setBusy] = useState(false);
  const save = async (/** @type {'csv' | 'json'} */ format) => {
    setBusy(true);
    setProgress(texts.common.exporting('0'));
    const read = await readAll(next, (count) => setProgress(texts.common.exporting(number(count, language))));
    setBusy(false);
    if (read === null) {
      setProgress(texts.common.unreachable);
      return;
    }
    const text = format === 'csv' ? toCsv(columns, read.rows) : `${JSON.stringify(read.rows, null, 2)}\n`;
    download(`${name}.${format}`, text, format === 'csv' ? 'text/csv' : 'application/json');
    const said = read.isCut ? texts.common.exportCut(number(read.rows.length, language)) : '';
    setProgress(said);
    if (said !== '') announce(said);
  };
  return html`<div class="export" role="group" aria-label=${texts.common.export}>
    <span class="quiet" aria-live="polite">${progress}</span>
    ${['CSV', 'JSON'].map(
      (format) => html`<button
        type="button"
        class="button small"
        disabled=${isBusy}
        title=${texts.common.exportHint(number(MAX_ROWS, language))}
        onClick=${() => save(format === 'CSV' ? 'csv' : 'json')}
      >${format}</button>`,
    )}
  </div>`;
}

/**
 * @template Row
 * @param {NextPage<Row>} next @param {(count: number) => void} onProgress
 * @returns {Promise<{ rows: Row[], isCut: boolean } | null>}
 */
async function readAll(next, onProgress) {
  /** @type {Row[]} */
  const rows = [];
  /** @type {string | null} */
  let cursor = null;
  do {
    const page = await next(cursor);
    if (page === null) return null;
    rows.push(...page.rows);
    cursor = page.next;
    onProgress(rows.length);
  } while (cursor !== null && rows.length < MAX_ROWS);
  return { rows: rows.slice(0, MAX_ROWS), isCut: cursor !== null || rows.length > MAX_ROWS };
}

/** @param {string} name @param {string} text @param {string} type */
function download(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
