/**
 * A strict parser of Prometheus' text format (version 0.0.4): a sample must belong to the metric that HELP and TYPE
 * have just declared, and no sample may occur twice.
 */
import assert from 'node:assert/strict';

export interface Scrape {
  /** Types of metrics by name: counter, gauge, histogram or summary. */
  readonly types: ReadonlyMap<string, string>;
  /** Values by sample as written, labels in their order: `name{a="b"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

const SAMPLE = /^([a-z_][a-z_0-9]*)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (\S+)$/;
/** As Go's ParseFloat accepts it, which ignores case: the mean of no values is written `Nan`. */
const VALUE = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf)|nan)$/i;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/** Parses a whole response; fails on the first invalid line. */
export function parseScrape(text: string): Scrape {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  let declared = '';
  let current = '';
  assert.ok(text.endsWith('\n'), 'the last line has no line break');
  for (const line of text.split('\n').filter((candidate) => candidate !== '')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      declared = name;
    } else if (keyword === 'TYPE') {
      assert.ok(name === declared && !types.has(name), line);
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
