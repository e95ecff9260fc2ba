/**
 * `npm run faults -- hostile --short` as CI runs it: with nothing configured, three receivers under everything that
 * strangers may send keep every promise to the honest, and nothing is left behind. Everything is real.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { KINDS } from '../../faults/hostile/attacks.ts';
import { startFaults } from '../helpers/faults.ts';

interface Report {
  readonly seed: number;
  readonly held: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly verdicts: readonly { readonly promise: string; readonly held: boolean; readonly faults: string[] }[];
}

test('under hostile input of every kind the honest are served, and nothing is let in or left behind', async (t) => {
  const { folder, end } = await startFaults(t, ['hostile', '--short', '--json', '--requests', '4000', '--seed', '20']);

  const { exitCode, stdout, stderr } = await end();

  const report: Report = JSON.parse(stdout || '{}');
  const broken = report.verdicts?.filter(({ held }) => !held) ?? [stderr];
  assert.deepEqual(broken, []);
  assert.equal(exitCode, 0);
  assert.deepEqual([report.held, report.seed, report.figures.requests], [true, 20, 4000]);
  // Every kind was sent: a run in which nothing hostile happened would prove nothing.
  assert.deepEqual(
    KINDS.map(({ name }) => name).filter((name) => report.counts[name] === undefined),
    [],
  );
  assert.ok((report.figures.oddCallbacksStored ?? 0) > 0);
  assert.deepEqual(await readdir(folder), []);
});

test('Ctrl-C under attack leaves nothing behind', async (t) => {
  const { folder, interrupt, said, end } = await startFaults(t, ['hostile']);

  await said(/strangers come/);
  interrupt();
  const { exitCode, stdout, stderr } = await end();

  assert.equal(exitCode, 130);
  assert.equal(stdout, '');
  assert.match(stderr, /Stopped and cleaned up\.$/);
  assert.deepEqual(await readdir(folder), []);
});

test('a number that is none is explained and ends with 64', async (t) => {
  const { end } = await startFaults(t, ['hostile', '--requests', 'many']);

  const { exitCode, stderr } = await end();

  assert.equal(exitCode, 64);
  assert.match(stderr, /--help/);
});
