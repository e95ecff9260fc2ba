/**
 * `npm run faults -- lost --short`, as CI runs it, without configuration: callbacks that never come are found by asking
 * Resurs, each once and none invented, while replicas and the command are killed. Everything but Resurs is real.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { startFaults } from '../helpers/faults.ts';

interface Report {
  readonly kept: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly verdicts: readonly { readonly promise: string; readonly kept: boolean; readonly violations: string[] }[];
}

test('each missed fact is found once and none is invented, whoever is killed meanwhile', async (t) => {
  const { folder, end } = await startFaults(t, ['lost', '--short', '--json', '--seed', '20']);

  const { exitCode, stdout, stderr } = await end();

  const report: Report = JSON.parse(stdout || '{}');
  const broken = report.verdicts?.filter(({ kept }) => !kept) ?? [stderr];
  assert.deepEqual(broken, []);
  assert.deepEqual([exitCode, report.kept], [0, true]);
  const { figures } = report;
  // A run in which nothing was lost would prove nothing.
  for (const name of ['callbacksLost', 'paymentsThatShowIt', 'eventsOfReconciliation', 'kills']) {
    assert.ok((figures[name] ?? 0) > 0, `${name} in ${JSON.stringify(figures)}`);
  }
  assert.equal(figures.factsFound, figures.factsToFind);
  assert.deepEqual(await readdir(folder), []);
});
