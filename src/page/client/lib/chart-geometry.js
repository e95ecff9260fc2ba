/** Where everything of a chart stands, in pixels. Pure. */
import { placeOn } from './chart-scale.js';

const HEIGHT = 190;
const MARGIN = { top: 10, right: 6, bottom: 24 };
/** Beside the labels of the ticks. */
const LABEL_GAP = 10;
const CHARACTER = 7;
const MAX_BAR = 44;

/**
 * @typedef {object} Geometry
 * @property {number} width
 * @property {number} height
 * @property {number} left Of the plot.
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 * @property {number} columnWidth
 * @property {number} barWidth
 * @property {(index: number) => number} middle Of a column.
 * @property {(value: number) => number} y
 * @property {(x: number) => number} columnAt
 */

/**
 * @param {{ width: number, columns: number, ticks: readonly number[], scale: 'linear' | 'log',
 *   labelLength: number }} chart Length: of the longest label of a tick, in characters.
 * @returns {Geometry}
 */
export function geometryOf({ width, columns, ticks, scale, labelLength }) {
  const left = LABEL_GAP + Math.max(2, labelLength) * CHARACTER;
  const right = Math.max(left + 1, width - MARGIN.right);
  const [top, bottom] = [MARGIN.top, HEIGHT - MARGIN.bottom];
  const place = placeOn(ticks, scale);
  const columnWidth = (right - left) / Math.max(1, columns);
  return {
    ...{ width, height: HEIGHT, left, right, top, bottom, columnWidth },
    barWidth: Math.max(1, Math.min(MAX_BAR, columnWidth * 0.72)),
    middle: (index) => left + (index + 0.5) * columnWidth,
    y: (value) => bottom - place(value) * (bottom - top),
    columnAt: (x) => Math.min(columns - 1, Math.max(0, Math.floor((x - left) / columnWidth))),
  };
}
