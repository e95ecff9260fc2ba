/** The picture of a chart. The column below the pointer, or chosen with the arrow keys, has a card with its numbers. */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { geometryOf } from '../lib/chart-geometry.js';
import { countTicks, durationTicks } from '../lib/chart-scale.js';
import { columnLabel, columnTime } from '../lib/chart-time.js';
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';
import { Card, textOf } from './chart-card.js';
import { Patterns } from './chart-look.js';
import { Axes, Bars, Lines } from './chart-marks.js';

const LABEL_WIDTH = { hour: 56, day: 62 };

/** @param {import('./chart.js').ChartProps & { id: string, gist: string }} chart */
export function Plot(chart) {
  const { id, title, gist, kind, columns, series, step, format } = chart;
  const { texts, language } = usePage();
  const frame = useRef(/** @type {HTMLDivElement | null} */ (null));
  const width = useWidth(frame);
  const hint = useId();
  const ticks = ticksOf(chart);
  const geometry = geometryOf({
    width,
    columns: columns.length,
    ticks,
    scale: kind === 'bars' ? 'linear' : 'log',
    labelLength: Math.max(...ticks.map((tick) => format(tick).length)),
  });
  const { active, handlers } = useActive(frame, chart, geometry);
  const labels = columns.map(({ at }) => columnLabel(at, step, language));
  return html`<div class="plot" ref=${frame} tabindex="0" role="group" aria-label=${title} aria-describedby=${hint}
    ...${handlers}>
    <span class="off-screen" id=${hint}>${texts.charts.keys}</span>
    ${
      width > 0 &&
      html`<svg role="img" aria-label=${`${title}: ${gist}`} width=${width} height=${geometry.height}
        viewBox=${`0 0 ${width} ${geometry.height}`}>
        <${Patterns} id=${id} looks=${series.map(({ look }) => look)} />
        <${Axes} ...${{ geometry, ticks, format, labels, labelWidth: LABEL_WIDTH[step] }} />
        ${
          active !== null &&
          html`<rect class="active-column" x=${geometry.middle(active) - geometry.columnWidth / 2}
          y=${geometry.top} width=${geometry.columnWidth} height=${geometry.bottom - geometry.top} />`
        }
        ${kind === 'bars' ? html`<${Bars} ...${{ id, geometry, columns, series }} />` : html`<${Lines} ...${{ geometry, columns, series }} />`}
      </svg>`
    }
    ${active !== null && html`<${Card} ...${{ id, chart, geometry, index: active }} />`}
  </div>`;
}

/** @param {import('./chart.js').ChartProps} chart */
function ticksOf({ kind, columns, series }) {
  if (kind === 'bars') {
    const sums = columns.map(({ values }) => series.reduce((sum, { name }) => sum + (values[name] ?? 0), 0));
    return countTicks(Math.max(...sums, 0));
  }
  const values = columns.flatMap((column) => series.map(({ name }) => column.values[name] ?? null));
  const known = values.filter((value) => value !== null);
  return durationTicks(Math.min(...known), Math.max(...known));
}

/**
 * The active column is kept by its time, so that a refresh does not move it.
 * @param {{ readonly current: HTMLElement | null }} frame @param {import('./chart.js').ChartProps} chart
 * @param {import('../lib/chart-geometry.js').Geometry} geometry
 */
function useActive(frame, chart, geometry) {
  const { columns, step } = chart;
  const { announce, texts, language } = usePage();
  const [at, setAt] = useState(/** @type {string | null} */ (null));
  const found = columns.findIndex((column) => column.at === at);
  const active = found === -1 ? null : found;
  const point = (/** @type {PointerEvent} */ event) => {
    const left = frame.current?.getBoundingClientRect().left ?? 0;
    setAt(columns[geometry.columnAt(event.clientX - left)]?.at ?? null);
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape') return setAt(null);
    const next = nextColumn(event.key, active, columns.length);
    const column = next === null ? undefined : columns[next];
    if (column === undefined) return undefined;
    event.preventDefault();
    setAt(column.at);
    announce(`${columnTime(column.at, step, language)}: ${textOf(chart, column, texts)}`);
  };
  const leave = () => setAt(null);
  return {
    active,
    handlers: { onPointerMove: point, onPointerDown: point, onPointerLeave: leave, onBlur: leave, onKeyDown: press },
  };
}

/** @param {string} key @param {number | null} active @param {number} count */
function nextColumn(key, active, count) {
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, (active ?? count) - 1);
    case 'ArrowRight':
      return Math.min(count - 1, (active ?? -1) + 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

/** @param {{ readonly current: HTMLElement | null }} frame */
function useWidth(frame) {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return width;
}
