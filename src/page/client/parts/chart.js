/** A chart over time, with its legend, and a table of the same numbers. */
import { useId } from 'preact/hooks';
import { columnTime } from '../lib/chart-time.js';
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';
import { Swatch } from './chart-look.js';
import { Plot } from './chart-plot.js';

/**
 * @typedef {object} ChartProps
 * @property {string} title
 * @property {'bars' | 'lines'} kind Stacked bars of counts, or lines of durations on a logarithmic scale.
 * @property {readonly import('../lib/chart-data.js').Column[]} columns
 * @property {readonly import('./chart-marks.js').Series[]} series
 * @property {import('../lib/chart-time.js').Step} step
 * @property {(value: number) => string} format
 */

/** `gist`: what the chart says, in words. @param {ChartProps & { gist: string }} chart */
export function Chart(chart) {
  const { charts } = usePage().texts;
  const id = `chart${useId()}`;
  const isEmpty = chart.columns.every(({ values }) =>
    Object.values(values).every((value) => value === null || value === 0),
  );
  return html`<section class="card chart" aria-labelledby=${id}>
    <div class="chart-head">
      <h3 id=${id}>${chart.title}</h3>
      <p class="quiet">${chart.gist}</p>
    </div>
    ${
      isEmpty
        ? html`<p class="chart-empty quiet">${charts.empty}</p>`
        : html`<${Legend} id=${id} chart=${chart} /><${Plot} ...${chart} id=${id} />
            <details><summary>${charts.table}</summary><${Numbers} chart=${chart} /></details>`
    }
  </section>`;
}

/** @param {{ id: string, chart: ChartProps }} props */
function Legend({ id, chart: { series, kind } }) {
  return html`<ul class="legend">
    ${series.map(
      ({ name, label, look }) =>
        html`<li key=${name}><${Swatch} id=${id} look=${look} isLine=${kind === 'lines'} />${label}</li>`,
    )}
  </ul>`;
}

/** @param {{ chart: ChartProps }} props */
function Numbers({ chart: { title, columns, series, step, format } }) {
  const { texts, language } = usePage();
  return html`<div class="table-frame chart-table" tabindex="0" role="group" aria-label=${title}>
    <table>
      <thead><tr>
        <th scope="col">${step === 'day' ? texts.charts.day : texts.charts.hour}</th>
        ${series.map(({ name, label }) => html`<th key=${name} scope="col" class="number">${label}</th>`)}
      </tr></thead>
      <tbody>
        ${columns.toReversed().map(
          ({ at, values }) => html`<tr key=${at}>
            <th scope="row"><time datetime=${at}>${columnTime(at, step, language)}</time></th>
            ${series.map(({ name }) => {
              const value = values[name] ?? null;
              return html`<td key=${name} class="number">${value === null ? '–' : format(value)}</td>`;
            })}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
