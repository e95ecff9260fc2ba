/** Lists as files: CSV (RFC 4180) and JSON. Pure. */

/** A spreadsheet would run a cell that begins so as a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;

/**
 * @template Row
 * @typedef {readonly (readonly [heading: string, value: (row: Row) => unknown])[]} Columns
 */

/** @template Row @param {Columns<Row>} columns @param {readonly Row[]} rows */
export function toCsv(columns, rows) {
  const lines = [
    columns.map(([heading]) => cell(heading)),
    ...rows.map((row) => columns.map(([, value]) => cell(value(row)))),
  ];
  // The mark of the encoding is what makes spreadsheets read UTF-8.
  return `\uFEFF${lines.map((line) => `${line.join(',')}\r\n`).join('')}`;
}

/** @param {unknown} value */
function cell(value) {
  const text =
    value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  const harmless = typeof value !== 'number' && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
