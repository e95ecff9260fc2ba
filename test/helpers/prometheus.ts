/**
 * Prometheus' text format (version 0.0.4), read strictly: a sample must belong to the metric that HELP and TYPE have just
 * announced, and no sample comes twice.
 */
import assert from 'node:assert/strict';

export interface Scrape {
  /** Metrics by name, with what they are: counter, gauge, histogram or summary. */
  readonly types: ReadonlyMap<string, string>;
  /** Values by sample as it was written, labels in their order: `name{a="b"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

const SAMPLE = /^([a-z_][a-z_0-9]*)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (\S+)$/;
/** As Go's ParseFloat reads it, which minds no case: a mean of nothing is written `Nan`. */
const VALUE = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf)|nan)$/i;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/** Reads a whole answer; fails on the first line that does not belong. */
export function readScrape(text: string): Scrape {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  let announced = '';
  let current = '';
  assert.ok(text.endsWith('\n'), 'the last line is not ended');
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      announced = name;
    } else if (keyword === 'TYPE') {
      assert.ok(name === announced && !types.has(name), line);
      types.set(name, rest);
      current = name;
    } else {
      const [, base = '', labels = '', value = ''] = SAMPLE.exec(line) ?? assert.fail(line);
      const allowed = SUFFIXES[types.get(current) ?? ''] ?? assert.fail(line);
      assert.ok(allowed.some((suffix) => base === current + suffix) && VALUE.test(value), line);
      assert.ok(!samples.has(base + labels), `twice: ${line}`);
      samples.set(base + labels, Number(value));
    }
  }
  return { types, samples };
}
