/** The numbers of one column of a chart, beside the pointer. A screen reader hears them instead when keys choose it. */
import { columnTime } from '../lib/chart-time.js';
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';
import { Swatch } from './chart-look.js';

const WIDTH = 220;

/**
 * @param {{ id: string, chart: import('./chart.js').ChartProps, geometry: import('../lib/chart-geometry.js').Geometry,
 *   index: number }} props
 */
export function Card({ id, chart, geometry, index }) {
  const { texts, language } = usePage();
  const column = chart.columns[index];
  if (column === undefined) return null;
  const middle = geometry.middle(index);
  const isRight = middle < geometry.width / 2;
  const x = isRight ? middle + geometry.columnWidth / 2 + 6 : middle - geometry.columnWidth / 2 - WIDTH - 6;
  const left = Math.max(0, Math.min(x, geometry.width - WIDTH));
  return html`<div class="plot-card" aria-hidden="true" style=${{ left: `${left}px`, width: `${WIDTH}px` }}>
    <b>${columnTime(column.at, chart.step, language)}</b>
    ${partsOf(chart, column, texts).map(
      ({ label, value, look }) => html`<div key=${label}>
        ${look !== null && html`<${Swatch} id=${id} look=${look} isLine=${chart.kind === 'lines'} />`}
        <span>${label}</span><span class="number">${value}</span>
      </div>`,
    )}
  </div>`;
}

/**
 * @param {import('./chart.js').ChartProps} chart @param {import('../lib/chart-data.js').Column} column
 * @param {import('../texts/en.js').Texts} texts
 */
export function textOf(chart, column, texts) {
  return partsOf(chart, column, texts)
    .map(({ label, value }) => `${label} ${value}`)
    .join(', ');
}

/**
 * What is there, as it stands in a stack from its top, and then the sum.
 * @param {import('./chart.js').ChartProps} chart @param {import('../lib/chart-data.js').Column} column
 * @param {import('../texts/en.js').Texts} texts
 */
function partsOf({ kind, series, format }, { values }, texts) {
  const given = series.map(({ name, label, look }) => ({ label, look, value: values[name] ?? null }));
  const shown = kind === 'lines' ? given : given.filter(({ value }) => value !== null && value > 0).reverse();
  const parts = shown.map(({ label, look, value }) => ({ label, look, value: value === null ? '–' : format(value) }));
  if (kind === 'lines' || parts.length === 1) return parts;
  const sum = given.reduce((total, { value }) => total + (value ?? 0), 0);
  return [...parts, { label: texts.charts.total, look: null, value: format(sum) }];
}
