/**
 * `npm run faults -- hostile --short`, as CI runs it, without configuration: three receivers under every attack keep
 * every promise to legitimate callbacks, and nothing is left behind. Everything is real.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { ATTACKS } from '../../faults/hostile/attacks.ts';
import { startFaults } from '../helpers/faults.ts';

interface Report {
  readonly seed: number;
  readonly kept: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly verdicts: readonly { readonly promise: string; readonly kept: boolean; readonly violations: string[] }[];
}

test('legitimate callbacks are served under every attack, and nothing is stored or left behind by attackers', async (t) => {
  const { folder, end } = await startFaults(t, ['hostile', '--short', '--json', '--requests', '4000', '--seed', '20']);

  const { exitCode, stdout, stderr } = await end();

  const report: Report = JSON.parse(stdout || '{}');
  const broken = report.verdicts?.filter(({ kept }) => !kept) ?? [stderr];
  assert.deepEqual(broken, []);
  assert.equal(exitCode, 0);
  assert.deepEqual([report.kept, report.seed, report.figures.requests], [true, 20, 4000]);
  // Every attack was sent: a run without one would prove nothing about it.
  assert.deepEqual(
    ATTACKS.map(({ name }) => name).filter((name) => report.counts[name] === undefined),
    [],
  );
  assert.ok((report.figures.unusualCallbacksStored ?? 0) > 0);
  assert.deepEqual(await readdir(folder), []);
});

test('Ctrl-C under attack leaves nothing behind', async (t) => {
  const { folder, interrupt, said, end } = await startFaults(t, ['hostile']);

  await said(/attack begins/);
  interrupt();
  const { exitCode, stdout, stderr } = await end();

  assert.equal(exitCode, 130);
  assert.equal(stdout, '');
  assert.match(stderr, /Stopped and cleaned up\.$/);
  assert.deepEqual(await readdir(folder), []);
});

test('an invalid number is explained and exits with 64', async (t) => {
  const { end } = await startFaults(t, ['hostile', '--requests', 'many']);

  const { exitCode, stderr } = await end();

  assert.equal(exitCode, 64);
  assert.match(stderr, /--help/);
});
