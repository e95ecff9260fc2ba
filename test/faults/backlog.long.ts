/**
 * `npm run faults -- backlog --short`, as CI runs it, without configuration: behind every long backlog and history all
 * events are delivered, and nothing is left behind. A short run does not check times. Everything is real.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { FAULTS } from '../../faults/backlog/faults.ts';
import { startFaults } from '../helpers/faults.ts';

interface Report {
  readonly seed: number;
  readonly kept: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly violationCounts: Readonly<Record<string, number>>;
  readonly faults: readonly { readonly name: string; readonly survived: number }[];
  readonly verdicts: readonly { readonly promise: string; readonly kept: boolean; readonly violations: string[] }[];
}

test('every long backlog is delivered in order, and nothing is left behind', async (t) => {
  const { folder, end } = await startFaults(t, ['backlog', '--short', '--json', '--seed', '20']);

  const { exitCode, stdout, stderr } = await end();

  const report: Report = JSON.parse(stdout || '{}');
  const broken = report.verdicts?.filter(({ kept }) => !kept) ?? [stderr];
  assert.deepEqual(broken, []);
  assert.deepEqual([exitCode, report.kept, report.seed], [0, true, 20]);
  assert.deepEqual(report.violationCounts, { lost: 0, invented: 0, storedTwice: 0, outOfOrder: 0, stuck: 0 });
  assert.deepEqual(
    report.faults.map(({ name, survived }) => [name, survived]),
    [...FAULTS.map(({ name }) => [name, 1]), ['kill', 1]],
  );
  const { figures } = report;
  assert.deepEqual([figures.monthDelivered, figures.deadLettersReplayed], [figures.monthEvents, 1000]);
  // Without status requests the fault would prove nothing.
  assert.ok((figures.looks ?? 0) > 0);
  assert.deepEqual(await readdir(folder), []);
});

test('Ctrl-C while a backlog is delivered leaves nothing behind', async (t) => {
  const { folder, interrupt, said, end } = await startFaults(t, ['backlog', '--short', '--only', 'month-away']);

  await said(/The merchant comes back/);
  interrupt();
  const { exitCode, stdout, stderr } = await end();

  assert.equal(exitCode, 130);
  assert.equal(stdout, '');
  assert.match(stderr, /Stopped and cleaned up\.$/);
  assert.deepEqual(await readdir(folder), []);
});

test('an unknown fault of a backlog is rejected before anything starts', async (t) => {
  const { end } = await startFaults(t, ['backlog', '--only', 'month-away,flood']);

  const { exitCode, stderr } = await end();

  assert.match(stderr, /no fault is called flood/);
  assert.equal(exitCode, 64);
});
