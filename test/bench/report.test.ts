/** What was measured is printed as tables, as JSON with all figures, and as a Markdown table. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BenchReport, jsonOf, linesOf, markdownOf } from '../../bench/report.ts';
import { latencyVerdict, ratioVerdict } from '../../bench/scenario.ts';

const MACHINE = { cores: 2, cpu: 'a processor', memoryGiB: 24, node: 'v24.0.0', loadBefore: 0.1 };
const SETTINGS = {
  names: [],
  json: false,
  rounds: 3,
  seconds: 4,
  minutes: 1,
  old: 5,
  profile: null,
  rates: [200],
  svg: null,
  markdown: null,
};
const RATIO = { median: 1.25, min: 1, max: 1.5, all: [1, 1.5] };

function report(args: readonly string[] = []): BenchReport {
  const verdicts = [
    ratioVerdict('out ÷ a | b', 1.2, { ratio: RATIO, peer: 'a' }),
    latencyVerdict('idle', { median: 2, p99: 7 }, { median: 2.1, p99: 6 }),
    ratioVerdict('out ÷ c', 1, 'not installed'),
  ];
  const outcome = { figures: { rate: 7 }, lines: ['a line'], verdicts, picture: null };
  return {
    machine: MACHINE,
    settings: SETTINGS,
    args,
    outcomes: new Map([['out', outcome]]),
    tookMs: new Map([['out', 61_000]]),
  };
}

test('Markdown has the command, the machine and a row for each figure with its aim', () => {
  assert.deepEqual(markdownOf(report(['out', '--rounds', '3'])).split('\n'), [
    'Command: `npm run bench -- out --rounds 3`.',
    '2 cores (a processor), 24 GiB, Node v24.0.0, embedded Postgres with fsync on, everything on one machine; ' +
      'load before the start 0.1.',
    '3 rounds of 4 s, memory under load for 1 min, up to 5 old events; median and range.',
    '',
    '| figure | ours | beside | aim | met |',
    '| --- | --- | --- | --- | --- |',
    '| out ÷ a \\| b | 1.25 (1.00–1.50) | a | ≥ 1.2 | yes |',
    '| idle, median / p99 | 2.00 ms / 7.00 ms |  | ≤ 2.1 / ≤ 6 ms | no |',
    '| out ÷ c | – | not installed | ≥ 1.0 |  |',
    '',
    'Duration in minutes: out 1:01; in all 1:01.',
    '',
  ]);
  assert.match(markdownOf(report()), /^Command: `npm run bench`\.\n/);
});

test('JSON has the figures of each scenario, the verdicts and the durations', () => {
  const document = JSON.parse(jsonOf(report())) as Record<string, unknown>;

  assert.deepEqual(Object.keys(document), ['machine', 'settings', 'tookMs', 'figures', 'verdicts']);
  assert.deepEqual(document.figures, { out: { rate: 7 } });
  assert.deepEqual(document.tookMs, { out: 61_000 });
  assert.equal((document.verdicts as unknown[]).length, 3);
});

test('a terminal gets the lines of each scenario before the table of all', () => {
  const lines = linesOf(report());

  assert.ok(lines.indexOf('a line') > 0);
  assert.ok(lines.findIndex((line) => line.startsWith('Figure')) > lines.indexOf('a line'));
  assert.equal(lines.at(-1), 'Duration in minutes: out 1:01; in all 1:01.');
});
