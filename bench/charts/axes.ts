/** Draws the axes of a chart with their ticks, and knows where the plot is. Pure. */
import type { LogScale } from './log-scale.ts';

export const WIDTH = 760;
export const HEIGHT = 470;
export const PLOT = { left: 68, right: WIDTH - 28, top: 124, bottom: HEIGHT - 62 };

export interface Scales {
  readonly x: LogScale;
  readonly y: LogScale;
}

export function axes({ x, y }: Scales, units: { readonly x: string; readonly y: string }): string[] {
  const { left, right, top, bottom } = PLOT;
  return [
    ...y.ticks.flatMap((tick) => [
      `  <path class="grid" d="M${left} ${round(y.at(tick))}H${right}"/>`,
      `  <text x="${left - 9}" y="${round(y.at(tick) + 4.5)}" text-anchor="end">${formatNumber(tick)}</text>`,
    ]),
    ...x.ticks.flatMap((tick) => [
      `  <path class="axis" d="M${round(x.at(tick))} ${bottom}v5"/>`,
      `  <text x="${round(x.at(tick))}" y="${bottom + 21}" text-anchor="middle">${formatNumber(tick)}</text>`,
    ]),
    `  <path class="axis" d="M${left} ${bottom}H${right}"/>`,
    `  <text x="24" y="${top - 15}">${units.y}</text>`,
    `  <text x="${(left + right) / 2}" y="${HEIGHT - 17}" text-anchor="middle">${units.x}</text>`,
  ];
}

/** Formats 1500 as `1 500`, with a narrow no-break space. */
export function formatNumber(value: number): string {
  return String(value).replace(/\B(?=([0-9]{3})+$)/g, '\u202f');
}

/** Rounds to a tenth of a pixel. */
export function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
