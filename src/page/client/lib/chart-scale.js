/** Scales of charts: where the ticks are, and where a value stands. Pure. */

const MULTIPLES = [1, 2, 5, 10];

/**
 * Returns a few round numbers from 0 to the first one that is no less than `max`. They are whole, as counts are.
 * @param {number} max @param {number} [steps] About so many steps.
 */
export function countTicks(max, steps = 4) {
  const rough = Math.max(max, 1) / steps;
  const power = 10 ** Math.floor(Math.log10(rough));
  const multiple = MULTIPLES.find((one) => one * power >= rough) ?? 10;
  const step = Math.max(1, multiple * power);
  const last = Math.max(1, Math.ceil(max / step));
  return Array.from({ length: last + 1 }, (_, index) => Math.round(index * step));
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Durations that people know, each a multiple of the one before. */
const KNOWN_MS = [1, 10, 100, SECOND, 10 * SECOND, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY];

/**
 * Returns known durations: the last one that is no more than `min`, the first one that is no less than `max`, and what
 * is between them, thinned to `most` at most.
 * @param {number} min @param {number} max @param {number} [most]
 */
export function durationTicks(min, max, most = 5) {
  const below = KNOWN_MS.findLastIndex((ms) => ms <= min);
  const first = Math.min(KNOWN_MS.length - 2, Math.max(0, below));
  const found = KNOWN_MS.findIndex((ms) => ms >= max);
  const last = Math.max(found === -1 ? KNOWN_MS.length - 1 : found, first + 1);
  const every = Math.ceil((last - first) / (most - 1));
  const steps = Math.ceil((last - first) / every);
  return Array.from({ length: steps + 1 }, (_, step) => KNOWN_MS[Math.max(0, last - (steps - step) * every)] ?? 1);
}

/**
 * Returns a function that places a value between 0 (the first tick) and 1 (the last one).
 * @param {readonly number[]} ticks @param {'linear' | 'log'} kind @returns {(value: number) => number}
 */
export function placeOn(ticks, kind) {
  const by =
    kind === 'log'
      ? (/** @type {number} */ value) => Math.log(Math.max(value, 1))
      : (/** @type {number} */ value) => value;
  const [first, last] = [by(ticks[0] ?? 0), by(ticks.at(-1) ?? 1)];
  return (value) => Math.min(1, Math.max(0, (by(value) - first) / (last - first)));
}

/**
 * Returns which columns have a label: as many as have room, counted back from the last one.
 * @param {number} columns @param {number} room How many labels have room.
 */
export function labelledColumns(columns, room) {
  const every = Math.max(1, Math.ceil(columns / Math.max(1, room)));
  return Array.from({ length: columns }, (_, index) => index).filter((index) => (columns - 1 - index) % every === 0);
}

/**
 * @typedef {{ readonly name: string, readonly from: number, readonly to: number }} Segment
 */

/**
 * Puts the values of one column on each other, in the order of the names. Zeros take no place.
 * @param {Readonly<Record<string, number>>} values @param {readonly string[]} names @returns {Segment[]}
 */
export function stack(values, names) {
  let top = 0;
  return names.flatMap((name) => {
    const value = values[name] ?? 0;
    if (value === 0) return [];
    const from = top;
    top += value;
    return [{ name, from, to: top }];
  });
}
