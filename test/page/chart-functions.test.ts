/** The pure functions behind the charts: round ticks, places, stacks, names, and labels in the reader's zone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatisticsPoint } from '../../src/page/client/api/types.d.ts';
import { namesByAmount, OTHER, stackColumns, turnedAwayIn } from '../../src/page/client/lib/chart-data.js';
import { geometryOf } from '../../src/page/client/lib/chart-geometry.js';
import { looksOf } from '../../src/page/client/lib/chart-looks.js';
import { countTicks, durationTicks, labelledColumns, placeOn, stack } from '../../src/page/client/lib/chart-scale.js';
import { columnLabel, columnTime } from '../../src/page/client/lib/chart-time.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test('ticks of counts are few, whole and round, begin at 0, and reach the largest value', () => {
  const expected: [number, number[]][] = [
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [7, [0, 2, 4, 6, 8]],
    [24, [0, 10, 20, 30]],
    [1_204, [0, 500, 1_000, 1_500]],
  ];
  for (const [max, ticks] of expected) assert.deepEqual(countTicks(max), ticks, String(max));
  for (let max = 0; max < 5_000; max += 7) {
    const ticks = countTicks(max);
    assert.ok(ticks.length <= 6 && (ticks.at(-1) ?? 0) >= max && ticks.every(Number.isInteger), `${max}: ${ticks}`);
  }
});

test('ticks of durations are ones that people know, and enclose all values', () => {
  assert.deepEqual(durationTicks(20, 80), [10, 100]);
  assert.deepEqual(durationTicks(20, 50_000), [10, 100, 1_000, 10_000, MINUTE]);
  assert.deepEqual(durationTicks(50, 50), [10, 100]);
  for (const [min, max] of [
    [0.2, 3],
    [1, 40 * 24 * HOUR],
    [5 * HOUR, 5 * HOUR],
    [90 * 24 * HOUR, 90 * 24 * HOUR],
  ] as const) {
    const ticks = durationTicks(min, max);
    assert.ok(ticks.length >= 2 && ticks.length <= 5, String(ticks));
    assert.deepEqual(
      [...new Set(ticks)].toSorted((one, other) => one - other),
      ticks,
    );
    assert.ok((ticks[0] ?? 0) <= Math.max(1, min), String(ticks));
  }
});

test('a value stands between the first and the last tick, also when it lies outside', () => {
  const linear = placeOn([0, 10, 20], 'linear');
  assert.deepEqual([linear(0), linear(5), linear(20), linear(30)], [0, 0.25, 1, 1]);
  const log = placeOn([10, 100, 1_000], 'log');
  assert.deepEqual([log(10), log(1_000), log(1)], [0, 1, 0]);
  assert.ok(Math.abs(log(100) - 0.5) < 1e-9);
});

test('the last column always has a label, and labels do not overlap', () => {
  assert.deepEqual(labelledColumns(24, 6), [3, 7, 11, 15, 19, 23]);
  assert.deepEqual(labelledColumns(7, 20), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(labelledColumns(3, 0), [2]);
});

test('a column is found by where the pointer is, and the columns fill the width', () => {
  const geometry = geometryOf({ width: 500, columns: 24, ticks: [0, 10], scale: 'linear', labelLength: 2 });
  for (let index = 0; index < 24; index++) assert.equal(geometry.columnAt(geometry.middle(index)), index);
  assert.deepEqual([geometry.columnAt(-10), geometry.columnAt(9_999)], [0, 23]);
  assert.ok(geometry.y(10) < geometry.y(0));
  assert.ok(geometryOf({ width: 1, columns: 0, ticks: [0, 1], scale: 'linear', labelLength: 1 }).columnWidth > 0);
});

test('a stack leaves out zeros and adds the others up', () => {
  assert.deepEqual(stack({ a: 2, b: 0, c: 3 }, ['a', 'b', 'c', 'd']), [
    { name: 'a', from: 0, to: 2 },
    { name: 'c', from: 2, to: 5 },
  ]);
});

test('beyond six names the rarest become one, and no number is lost', () => {
  const events = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`type-${index}`, 10 + index]));
  const points = [point({ events: { ...events, never: 0 } })];

  const names = namesByAmount(points.map((one) => one.events));
  const [column] = stackColumns(points, names, (one) => one.events);

  assert.deepEqual(names, ['type-8', 'type-7', 'type-6', 'type-5', 'type-4', OTHER]);
  assert.equal(column?.values[OTHER], 10 + 11 + 12 + 13);
});

test('a series looks the same in every time span, and no two look alike', () => {
  const short = looksOf(['payment.frozen', 'payment.new']);
  const long = looksOf([
    'payment.booked',
    'payment.new',
    'payment.thawed',
    'payment.unfrozen',
    'payment.frozen',
    OTHER,
  ]);
  assert.deepEqual([short.get('payment.frozen'), long.get('payment.frozen'), long.get(OTHER)], ['4', '4', 'other']);
  assert.equal(new Set(long.values()).size, long.size);
});

test('every status but 2xx is turned away', () => {
  assert.equal(turnedAwayIn([point({ callbacks: { 204: 7, 202: 1, 410: 2 } }), point({ callbacks: { 503: 4 } })]), 6);
});

test('an hour is labelled in the zone of the reader, a day by UTC', () => {
  const at = '2026-03-03T23:00:00.000Z';
  const local = new Date(at).getHours();
  assert.match(columnLabel(at, 'hour', 'en'), new RegExp(`^${String(local).padStart(2, '0')}:`));
  assert.equal(columnLabel(at, 'day', 'en'), '3 Mar');
  assert.equal(columnTime(at, 'day', 'sv'), 'tis 3 mars');
});

function point(given: Partial<StatisticsPoint>): StatisticsPoint {
  const deliveries = { delivered: 0, retried: 0, dead_letter: 0 };
  return { at: '2026-03-03T23:00:00.000Z', callbacks: {}, events: {}, deliveries, delayMs: null, ...given };
}
