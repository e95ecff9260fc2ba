/** The bars or the lines of a chart, and its axes. */
import { labelledColumns, stack } from '../lib/chart-scale.js';
import { html } from '../lib/html.js';
import { Mark } from './chart-look.js';

/**
 * @typedef {import('../lib/chart-geometry.js').Geometry} Geometry
 * @typedef {import('../lib/chart-data.js').Column} Column
 * @typedef {{ readonly name: string, readonly label: string, readonly look: import('./chart-look.js').Look }} Series
 */

/**
 * @param {{ geometry: Geometry, ticks: readonly number[], format: (value: number) => string,
 *   labels: readonly string[], labelWidth: number }} props
 */
export function Axes({ geometry, ticks, format, labels, labelWidth }) {
  const { left, right, bottom, width, height } = geometry;
  const shown = labelledColumns(labels.length, Math.floor((right - left) / labelWidth));
  // The label of the last column must not leave the picture.
  const place = (/** @type {number} */ index) => Math.min(geometry.middle(index), width - labelWidth / 2 + 8);
  return html`<g class="axes">
    ${ticks.map(
      (tick) => html`<g key=${tick}>
        <path d=${`M${left} ${geometry.y(tick)}H${right}`} />
        <text x=${left - 8} y=${geometry.y(tick)} dy="0.32em" text-anchor="end">${format(tick)}</text>
      </g>`,
    )}
    ${shown.map((index) => html`<text key=${labels[index]} x=${place(index)} y=${height - 6} text-anchor="middle">${labels[index]}</text>`)}
    <path class="base" d=${`M${left} ${bottom}H${right}`} />
  </g>`;
}

/** @param {{ id: string, geometry: Geometry, columns: readonly Column[], series: readonly Series[] }} props */
export function Bars({ id, geometry, columns, series }) {
  const { barWidth, middle, y } = geometry;
  const looks = new Map(series.map(({ name, look }) => [name, look]));
  const names = series.map(({ name }) => name);
  return html`<g>
    ${columns.map(({ at, values }, index) =>
      stack(/** @type {Record<string, number>} */ (values), names).map(({ name, from, to }) => {
        const height = Math.max(1, y(from) - y(to));
        return html`<rect key=${`${at} ${name}`} class="bar" x=${middle(index) - barWidth / 2} y=${y(from) - height}
          width=${barWidth} height=${height} fill=${`url(#${id}-${looks.get(name)})`} />`;
      }),
    )}
  </g>`;
}

/** A line is broken where there is no value. @param {{ geometry: Geometry, columns: readonly Column[], series: readonly Series[] }} props */
export function Lines({ geometry, columns, series }) {
  return html`<g>
    ${series.map(({ name, look }) => {
      const points = columns.flatMap(({ values }, index) => {
        const value = values[name] ?? null;
        return value === null ? [] : [{ index, x: geometry.middle(index), y: geometry.y(value) }];
      });
      const path = points.map(({ index, x, y }, at) => `${points[at - 1]?.index === index - 1 ? 'L' : 'M'}${x} ${y}`);
      return html`<g key=${name} class=${`look-${look}`}>
        <path class=${`look-line look-line-${look}`} d=${path.join('')} />
        ${points.map(({ index, x, y }) => html`<${Mark} key=${index} look=${look} x=${x} y=${y} />`)}
      </g>`;
    })}
  </g>`;
}
