/**
 * `npm run faults -- backlog --short` as CI runs it: with nothing configured, behind every long backlog and history everything
 * is delivered, and nothing is left behind. Times are told there and not judged. Everything is real.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { FAULTS } from '../../faults/backlog/faults.ts';
import { startFaults } from '../helpers/faults.ts';

interface Report {
  readonly seed: number;
  readonly held: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly toll: Readonly<Record<string, number>>;
  readonly faults: readonly { readonly name: string; readonly survived: number }[];
  readonly verdicts: readonly { readonly promise: string; readonly held: boolean; readonly faults: string[] }[];
}

test('behind every long backlog everything is delivered in order, and nothing is left behind', async (t) => {
  const { folder, end } = await startFaults(t, ['backlog', '--short', '--json', '--seed', '20']);

  const { exitCode, stdout, stderr } = await end();

  const report: Report = JSON.parse(stdout || '{}');
  const broken = report.verdicts?.filter(({ held }) => !held) ?? [stderr];
  assert.deepEqual(broken, []);
  assert.deepEqual([exitCode, report.held, report.seed], [0, true, 20]);
  assert.deepEqual(report.toll, { lost: 0, invented: 0, storedTwice: 0, outOfOrder: 0, stuck: 0 });
  assert.deepEqual(
    report.faults.map(({ name, survived }) => [name, survived]),
    [...FAULTS.map(({ name }) => [name, 1]), ['kill', 1]],
  );
  const { figures } = report;
  assert.deepEqual([figures.monthDelivered, figures.deadLettersReplayed], [figures.monthEvents, 1000]);
  // Each look of a run in which nobody looked would have been answered.
  assert.ok((figures.looks ?? 0) > 0);
  assert.deepEqual(await readdir(folder), []);
});

test('Ctrl-C while a backlog goes leaves nothing behind', async (t) => {
  const { folder, interrupt, said, end } = await startFaults(t, ['backlog', '--short', '--only', 'month-away']);

  await said(/The merchant comes back/);
  interrupt();
  const { exitCode, stdout, stderr } = await end();

  assert.equal(exitCode, 130);
  assert.equal(stdout, '');
  assert.match(stderr, /Stopped and cleaned up\.$/);
  assert.deepEqual(await readdir(folder), []);
});

test('a fault of a backlog that nobody knows is refused before anything starts', async (t) => {
  const { end } = await startFaults(t, ['backlog', '--only', 'month-away,flood']);

  const { exitCode, stderr } = await end();

  assert.match(stderr, /no fault is called flood/);
  assert.equal(exitCode, 64);
});
