/** What `npm run faults` says of all scenarios together: sums that leave nothing out, and which scenario broke a promise. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Findings } from '../../faults/report.ts';
import { summaryOf, sumOfFaults } from '../../faults/summary.ts';

const NONE = { lost: 0, invented: 0, storedTwice: 0, outOfOrder: 0, stuck: 0 };

function findingsOf(scenario: string, change: Partial<Findings> = {}): Findings {
  const verdicts = [{ promise: 'it works', faults: [] }];
  return { scenario, seed: 7, figures: {}, verdicts, toll: NONE, ...change };
}

test('numbers and faults of all scenarios are added up, and every seed is named', () => {
  const lines = summaryOf([
    findingsOf('replicas', {
      figures: { kills: 3 },
      faults: [{ name: 'kill', survived: 3, skipped: null }],
      toll: { ...NONE, lost: 1 },
    }),
    findingsOf('mixed', {
      figures: { kills: 6 },
      faults: [
        { name: 'kill', survived: 4, skipped: null },
        { name: 'postgres-kill', survived: 2, skipped: null },
        { name: 'disk-full', survived: 0, skipped: 'it needs root' },
      ],
      toll: { ...NONE, lost: 1, stuck: 2 },
    }),
    findingsOf('hostile', { figures: { requests: 1000 }, toll: { lost: 0 } }),
  ]);

  assert.ok(lines.includes('lost 2, invented 0, twice stored 0, out of order 0, stuck 2'));
  assert.ok(lines.includes('9 faults of 2 kinds survived; 9 kills of the service; 1000 hostile requests.'));
  assert.ok(lines.includes('Seeds: replicas 7, mixed 7, hostile 7.'));
  assert.ok(lines.includes('Every promise held.'));
});

test('a scenario that broke a promise is named', () => {
  const verdicts = [{ promise: 'it works', faults: ['it does not'] }];

  const lines = summaryOf([findingsOf('replicas'), findingsOf('mixed', { verdicts })]);

  assert.ok(lines.includes('Promises are broken: mixed.'));
});

test('a fault that one scenario skipped and another one had was not skipped', () => {
  const faults = [
    { name: 'freeze', survived: 0, skipped: 'not here' },
    { name: 'freeze', survived: 2, skipped: null },
    { name: 'disk-full', survived: 0, skipped: 'it needs root' },
  ];

  assert.deepEqual(sumOfFaults(faults), [
    { name: 'freeze', survived: 2, skipped: null },
    { name: 'disk-full', survived: 0, skipped: 'it needs root' },
  ]);
});
