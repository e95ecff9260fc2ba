/** The four charts of a time span: what is in them, and what they say in words. Pure. */
import { delayColumns, isTurnedAway, namesByAmount, OTHER, stackColumns, sumOf } from '../../lib/chart-data.js';
import { looksOf } from '../../lib/chart-looks.js';
import { duration, number } from '../../lib/time.js';
import { wordOf } from '../../lib/words.js';

/**
 * @typedef {import('../../api/types.js').StatisticsPoint} Point
 * @typedef {import('../../texts/en.js').Texts} Texts
 * @typedef {import('../../lib/time.js').Language} Language
 * @typedef {import('../../lib/chart-looks.js').Look} Look
 * @typedef {import('../../parts/chart.js').ChartProps & { readonly gist: string }} Contents
 */

/**
 * @param {import('../../api/types.js').Statistics} statistics @param {Texts} texts @param {Language} language
 * @returns {Contents[]}
 */
export function chartsOf({ points, step }, texts, language) {
  const format = (/** @type {number} */ value) => number(value, language);
  const stacks = [
    eventsOf(points, texts, format),
    deliveriesOf(points, texts, format),
    callbacksOf(points, texts, format),
  ];
  const [events, deliveries, callbacks] = stacks.map((stack) => ({
    ...stack,
    kind: /** @type {const} */ ('bars'),
    step,
    format,
  }));
  const charts = [events, deliveries, delayOf(points, step, texts, language), callbacks];
  return charts.filter((chart) => chart !== undefined);
}

/** @param {readonly Point[]} points @param {Texts} texts @param {(value: number) => string} format */
function eventsOf(points, { charts, types }, format) {
  const names = namesByAmount(points.map(({ events }) => events));
  const looks = looksOf(names);
  const columns = stackColumns(points, names, ({ events }) => events);
  const series = names.map((name) => ({
    name,
    label: name === OTHER ? charts.other : wordOf(types, name),
    look: looks.get(name) ?? 'other',
  }));
  const sum = names.reduce((total, name) => total + sumOf(columns, name), 0);
  return { title: charts.events, gist: charts.eventsGist(format(sum)), columns, series };
}

/** @param {readonly Point[]} points @param {Texts} texts @param {(value: number) => string} format */
function deliveriesOf(points, { charts }, format) {
  const series = /** @type {const} */ ([
    ['delivered', '1'],
    ['retried', '2'],
    ['dead_letter', 'bad'],
  ]).map(([name, look]) => ({ name, label: charts.outcomes[name], look: /** @type {Look} */ (look) }));
  const columns = stackColumns(points, ['delivered', 'retried', 'dead_letter'], ({ deliveries }) => deliveries);
  const [delivered = '', retried = '', dead = ''] = series.map(({ name }) => format(sumOf(columns, name)));
  return { title: charts.deliveries, gist: charts.deliveriesGist(delivered, retried, dead), columns, series };
}

/**
 * Accepted ones first, so that they are the ground of the stack.
 * @param {readonly Point[]} points @param {Texts} texts @param {(value: number) => string} format
 */
function callbacksOf(points, { charts }, format) {
  const names = namesByAmount(points.map(({ callbacks }) => callbacks));
  const ordered = [...names.filter((name) => !isTurnedAway(name)), ...names.filter(isTurnedAway)];
  const looks = looksOf(ordered);
  const columns = stackColumns(points, ordered, ({ callbacks }) => callbacks);
  const answers = /** @type {Readonly<Record<string, string>>} */ (charts.answers);
  const series = ordered.map((name) => {
    const meaning = name === OTHER ? charts.other : answers[name];
    return {
      name,
      label: name === OTHER || meaning === undefined ? (meaning ?? name) : `${name} ${meaning}`,
      look: looks.get(name) ?? 'other',
    };
  });
  const sum = (/** @type {(name: string) => boolean} */ wanted) =>
    format(ordered.filter(wanted).reduce((total, name) => total + sumOf(columns, name), 0));
  const gist = charts.callbacksGist(
    sum((name) => !isTurnedAway(name)),
    sum(isTurnedAway),
  );
  return { title: charts.callbacks, gist, columns, series };
}

/**
 * @param {readonly Point[]} points @param {import('../../lib/chart-time.js').Step} step @param {Texts} texts
 * @param {Language} language @returns {Contents}
 */
function delayOf(points, step, { charts }, language) {
  const format = (/** @type {number} */ ms) => duration(ms, language);
  const known = points.flatMap(({ delayMs }) => (delayMs === null ? [] : [delayMs]));
  const worst = Math.max(0, ...known.map(({ p95 }) => p95));
  const gist =
    known.length === 0 ? charts.delayNone : charts.delayGist(format(known.at(-1)?.median ?? 0), format(worst));
  return {
    ...{ title: charts.delay, gist, kind: 'lines', step, format },
    columns: delayColumns(points),
    series: [
      { name: 'median', label: charts.median, look: '1' },
      { name: 'p95', label: charts.p95, look: '2' },
    ],
  };
}
