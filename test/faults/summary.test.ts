/** The summary of all scenarios in `npm run faults`: complete sums, and the scenarios that broke a promise. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Findings } from '../../faults/report.ts';
import { sumFaultCounts, summaryLines } from '../../faults/summary.ts';

const NONE = { lost: 0, invented: 0, storedTwice: 0, outOfOrder: 0, stuck: 0 };

function findingsOf(scenario: string, change: Partial<Findings> = {}): Findings {
  const verdicts = [{ promise: 'it works', violations: [] }];
  return { scenario, seed: 7, figures: {}, verdicts, violationCounts: NONE, ...change };
}

test('the summary adds up the numbers and faults of all scenarios, and names every seed', () => {
  const lines = summaryLines([
    findingsOf('replicas', {
      figures: { kills: 3 },
      faults: [{ name: 'kill', survived: 3, skipped: null }],
      violationCounts: { ...NONE, lost: 1 },
    }),
    findingsOf('mixed', {
      figures: { kills: 6 },
      faults: [
        { name: 'kill', survived: 4, skipped: null },
        { name: 'postgres-kill', survived: 2, skipped: null },
        { name: 'disk-full', survived: 0, skipped: 'it needs root' },
      ],
      violationCounts: { ...NONE, lost: 1, stuck: 2 },
    }),
    findingsOf('hostile', { figures: { requests: 1000 }, violationCounts: { lost: 0 } }),
  ]);

  assert.ok(lines.includes('lost 2, invented 0, twice stored 0, out of order 0, stuck 2'));
  assert.ok(lines.includes('9 faults of 2 kinds survived; 9 kills of the service; 1000 hostile requests.'));
  assert.ok(lines.includes('Seeds: replicas 7, mixed 7, hostile 7.'));
  assert.ok(lines.includes('Every promise was kept.'));
});

test('the summary names a scenario that broke a promise', () => {
  const verdicts = [{ promise: 'it works', violations: ['it does not'] }];

  const lines = summaryLines([findingsOf('replicas'), findingsOf('mixed', { verdicts })]);

  assert.ok(lines.includes('Promises were broken: mixed.'));
});

test('a fault that one scenario skips and another one injects counts as injected', () => {
  const faults = [
    { name: 'freeze', survived: 0, skipped: 'not here' },
    { name: 'freeze', survived: 2, skipped: null },
    { name: 'disk-full', survived: 0, skipped: 'it needs root' },
  ];

  assert.deepEqual(sumFaultCounts(faults), [
    { name: 'freeze', survived: 2, skipped: null },
    { name: 'disk-full', survived: 0, skipped: 'it needs root' },
  ]);
});
