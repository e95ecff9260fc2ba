/** The picture of latency by rate is a valid SVG with all its values as text. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOMParser, type Element } from '@xmldom/xmldom';
import { latencyChart } from '../../bench/charts/latency-chart.ts';
import type { AtRate } from '../../bench/scenarios/latency-at-rate-report.ts';

interface RateOptions {
  readonly rate: number;
  readonly toMerchant?: AtRate['toMerchant'];
  readonly isSustained?: boolean;
}

function atRate({ rate, toMerchant = { median: 4, p99: 40 }, isSustained = true }: RateOptions): AtRate {
  return { rate, isSustained, answer: { median: 2, p99: 20 }, toMerchant, cpuMsAnEvent: null, rounds: [] };
}

/** Draws the rates; throws where the document is not well-formed. */
function draw(rates: readonly RateOptions[]) {
  const statements = { by: 'commits', total: 0, calls: {}, events: 0 } as const;
  const text = latencyChart({ atRates: rates.map(atRate), statements, idleCpuMsASecond: null });
  const onError = (level: string, message: string) => {
    throw new Error(`${level}: ${message}`);
  };
  const document = new DOMParser({ onError }).parseFromString(text, 'image/svg+xml');
  const elements = (name: string) => [...document.getElementsByTagName(name)] as Element[];
  const texts = elements('text').map(({ textContent }) => textContent);
  // Those of the legend have no value.
  const points = elements('circle').filter(({ textContent }) => textContent !== '');
  const dots = points.map((dot) => ({
    x: Number(dot.getAttribute('cx')),
    y: Number(dot.getAttribute('cy')),
    value: dot.textContent,
  }));
  return { text, elements, texts, dots };
}

test('a title and a description with all values are there for those who do not see the lines', () => {
  const { elements } = draw([
    { rate: 50 },
    { rate: 1_500, toMerchant: { median: 1_234, p99: 2_345.6 }, isSustained: false },
  ]);

  assert.equal(elements('svg')[0]?.getAttribute('role'), 'img');
  assert.equal(elements('svg')[0]?.getAttribute('aria-labelledby'), 'title description');
  assert.equal(elements('title')[0]?.textContent, 'Latency by rate');
  assert.equal(
    elements('desc')[0]?.textContent,
    'Median / p99 in milliseconds, on logarithmic axes. ' +
      'At 50/s: callback → merchant 4.0 ms / 40 ms, callback → response 2.0 ms / 20 ms. ' +
      'At 1\u202f500/s: callback → merchant 1\u202f234 ms / 2\u202f346 ms, callback → response 2.0 ms / 20 ms (not sustained).',
  );
});

test('axes have units, the measured rates and round values, and the legend names every line', () => {
  const { texts } = draw([{ rate: 50 }, { rate: 200 }, { rate: 1_000 }]);

  for (const text of ['latency in ms', 'callbacks a second', '50', '200', '1\u202f000', '2', '5', '10', '20'])
    assert.ok(texts.includes(text), text);
  for (const text of ['callback → merchant', 'callback → response', 'median', 'p99'])
    assert.ok(texts.includes(text), text);
});

test('each rate has four points, on logarithmic axes: equal factors are equal distances', () => {
  const { dots } = draw([{ rate: 50 }, { rate: 100 }, { rate: 200 }]);
  const at = (value: string) => dots.find((dot) => dot.value === value) ?? { x: Number.NaN, y: Number.NaN };

  assert.equal(dots.length, 3 * 4);
  const [low, middle, high] = [50, 100, 200].map((rate) => at(`${rate}/s, callback → merchant: median 4.0 ms`));
  assert.ok(Math.abs((low?.x ?? 0) + (high?.x ?? 0) - 2 * (middle?.x ?? 0)) < 0.2);
  const heights = [2, 20, 4, 40].map(
    (ms) => dots.find(({ value }) => value?.endsWith(` ${ms < 10 ? ms.toFixed(1) : ms} ms`))?.y ?? 0,
  );
  const [two = 0, twenty = 0, four = 0, forty = 0] = heights;
  assert.ok(Math.abs(two - twenty - (four - forty)) < 0.2);
  assert.ok(forty < two);
});

test('rates that are not sustained are shaded, and only those', () => {
  const rates = [{ rate: 100 }, { rate: 200, isSustained: false }];
  const shadedFrom = (shown: ReturnType<typeof draw>) =>
    Number(
      shown
        .elements('rect')
        .find((one) => one.getAttribute('class') === 'beyond')
        ?.getAttribute('x'),
    );

  const { dots, texts } = draw(rates);
  const from = shadedFrom(draw(rates));

  assert.ok(texts.includes('not sustained'));
  assert.deepEqual([...new Set(dots.map(({ x }) => x > from))].length, 2);
  assert.ok(!draw([{ rate: 100 }, { rate: 200 }]).texts.includes('not sustained'));
});

test('every point is inside of the picture, also with one rate, and with values of many powers of ten', () => {
  const wide = [{ rate: 1 }, { rate: 999_999, toMerchant: { median: 0.02, p99: 120_000 } }];
  for (const rates of [[{ rate: 7 }], wide]) {
    const { dots, text } = draw(rates);

    assert.ok(dots.every(({ x, y }) => x > 0 && x < 760 && y > 0 && y < 470));
    assert.doesNotMatch(text, /NaN|Infinity|undefined/);
  }
});

test('the colours follow the scheme of the reader, on a background of its own', () => {
  const { text, elements } = draw([{ rate: 50 }]);

  assert.match(text, /@media \(prefers-color-scheme: dark\)/);
  assert.equal(elements('rect')[0]?.getAttribute('class'), 'page');
});
