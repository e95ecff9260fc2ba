/** Draws latency by rate as an SVG: callback to merchant and to response, median and p99, on logarithmic axes. Pure. */
import type { AtRate, LatencyFigures } from '../scenarios/latency-at-rate-report.ts';
import { axes, formatNumber, HEIGHT, PLOT, round, type Scales, WIDTH } from './axes.ts';
import { CHART_STYLE } from './chart-style.ts';
import { createLogScale, niceTicks } from './log-scale.ts';

/** Free space beside the first and the last rate, as a factor. */
const MARGIN = 1.16;
const TITLE = 'Latency by rate';
const SUBTITLE = 'Callbacks in and events out at a steady rate; everything on one machine';

const SERIES = [
  { kind: 'merchant', label: 'callback → merchant', pick: ({ toMerchant }: AtRate) => toMerchant },
  { kind: 'answer', label: 'callback → response', pick: ({ answer }: AtRate) => answer },
] as const;
type Series = (typeof SERIES)[number];
type Figure = 'median' | 'p99';

/** Returns the document. It has a title, and a description with all values. */
export function latencyChart({ atRates }: LatencyFigures): string {
  const scales = scalesOf(atRates);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title description">`,
    `  <title id="title">${TITLE}</title>`,
    `  <desc id="description">${description(atRates)}</desc>`,
    `  <style>${CHART_STYLE}\n  </style>`,
    `  <rect class="page" x=".5" y=".5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="8"/>`,
    `  <text class="heading" x="24" y="34">${TITLE}</text>`,
    `  <text x="24" y="55">${SUBTITLE}</text>`,
    ...legend(),
    ...beyondLimit(atRates, scales),
    ...axes(scales, { x: 'callbacks a second', y: 'latency in ms' }),
    area(SERIES[0], atRates, scales),
    // The first series is on top.
    ...SERIES.toReversed().flatMap((series) => drawSeries(series, atRates, scales)),
    '</svg>',
    '',
  ].join('\n');
}

function scalesOf(atRates: readonly AtRate[]): Scales {
  const rates = atRates.map(({ rate }) => rate);
  const values = SERIES.flatMap(({ pick }) => atRates.flatMap((one) => [pick(one).median, pick(one).p99]));
  const ticks = niceTicks(values);
  const x = { from: Math.min(...rates) / MARGIN, to: Math.max(...rates) * MARGIN };
  const y = { from: Math.min(...values, ...ticks), to: Math.max(...values, ...ticks) };
  return {
    x: createLogScale(x, { from: PLOT.left, to: PLOT.right }, rates),
    y: createLogScale(y, { from: PLOT.bottom, to: PLOT.top }, ticks),
  };
}

/** The colour of each series, and what its two lines are. */
function legend(): string[] {
  const entry = (x: number, style: string, label: string) => [
    `  <path class="line ${style}" d="M${x} 80h28"/>`,
    `  <text class="legend" x="${x + 37}" y="84.5">${label}</text>`,
  ];
  const dot = (x: number, style: string) => `  <circle class="dot key ${style}" cx="${x + 14}" cy="80" r="3.5"/>`;
  const [medianX, p99X] = [24 + SERIES.length * 195 + 60, 24 + SERIES.length * 195 + 170];
  return [
    ...SERIES.flatMap(({ kind, label }, index) => entry(24 + index * 195, kind, label)),
    ...entry(medianX, 'key', 'median'),
    dot(medianX, 'full'),
    ...entry(p99X, 'key tail', 'p99'),
    dot(p99X, ''),
  ];
}

/** Shades the rates at which a backlog grows: their latency depends on how long they were measured. */
function beyondLimit(atRates: readonly AtRate[], { x }: Scales): string[] {
  const first = atRates.findIndex(({ isSustained }) => !isSustained);
  if (first < 0) return [];
  const rate = atRates[first]?.rate ?? 0;
  const from = first === 0 ? PLOT.left : x.at(Math.sqrt(rate * (atRates[first - 1]?.rate ?? rate)));
  const height = PLOT.bottom - PLOT.top;
  return [
    `  <rect class="beyond" x="${round(from)}" y="${PLOT.top}" width="${round(PLOT.right - from)}" height="${height}"/>`,
    `  <text x="${PLOT.right}" y="${PLOT.top - 8}" text-anchor="end">not sustained</text>`,
  ];
}

/** Fills the space between median and p99 of one series; two areas would cover each other. */
function area(series: Series, atRates: readonly AtRate[], scales: Scales): string {
  const [medians, tails] = placesOf(series, atRates, scales);
  return `  <path class="${series.kind} area" d="M${[...tails, ...medians.toReversed()].join('L')}Z"/>`;
}

/** Returns the points of the medians and of the p99s. */
function placesOf({ pick }: Series, atRates: readonly AtRate[], { x, y }: Scales): [string[], string[]] {
  const places = (of: Figure) => atRates.map((one) => `${round(x.at(one.rate))} ${round(y.at(pick(one)[of]))}`);
  return [places('median'), places('p99')];
}

function drawSeries(series: Series, atRates: readonly AtRate[], scales: Scales): string[] {
  const { kind, label, pick } = series;
  const { x, y } = scales;
  const [medians, tails] = placesOf(series, atRates, scales);
  const dots = (of: Figure, style: string) =>
    atRates.map((one) => {
      const place = `cx="${round(x.at(one.rate))}" cy="${round(y.at(pick(one)[of]))}"`;
      const value = `${formatNumber(one.rate)}/s, ${label}: ${of} ${formatMs(pick(one)[of])}`;
      return `  <circle class="dot ${kind} ${style}" ${place} r="3.5"><title>${value}</title></circle>`;
    });
  return [
    `  <path class="line ${kind} tail" d="M${tails.join('L')}"/>`,
    `  <path class="line ${kind}" d="M${medians.join('L')}"/>`,
    ...dots('p99', ''),
    ...dots('median', 'full'),
  ];
}

/** Tells all values, for those who do not see the lines. */
function description(atRates: readonly AtRate[]): string {
  const rows = atRates.map((one) => {
    const parts = SERIES.map(
      ({ label, pick }) => `${label} ${formatMs(pick(one).median)} / ${formatMs(pick(one).p99)}`,
    );
    return `At ${formatNumber(one.rate)}/s: ${parts.join(', ')}${one.isSustained ? '' : ' (not sustained)'}.`;
  });
  return `Median / p99 in milliseconds, on logarithmic axes. ${rows.join(' ')}`;
}

function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : formatNumber(Math.round(ms))} ms`;
}
