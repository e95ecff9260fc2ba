/**
 * `npm run faults -- replicas --short`, as CI runs it, without configuration: three processes that are killed and
 * stopped while they deliver keep every promise, and nothing is left behind. Everything is real.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { startFaults } from '../helpers/faults.ts';

interface Report {
  readonly seed: number;
  readonly kept: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly verdicts: readonly { readonly promise: string; readonly kept: boolean; readonly violations: string[] }[];
}

test('three replicas that are killed, stopped and slowed down keep every promise, and leave nothing behind', async (t) => {
  const { folder, end } = await startFaults(t, ['replicas', '--short', '--json', '--seed', '20']);

  const { exitCode, stdout, stderr } = await end();

  const report: Report = JSON.parse(stdout || '{}');
  const broken = report.verdicts?.filter(({ kept }) => !kept) ?? [stderr];
  assert.deepEqual(broken, []);
  assert.equal(exitCode, 0);
  assert.deepEqual([report.kept, report.seed], [true, 20]);
  const { figures } = report;
  assert.equal(figures.events, 600);
  assert.equal(figures.attemptsAccepted, 600);
  // A run in which the faults had no effect would prove nothing.
  for (const name of [
    'eventsOfTheMerchantApi',
    'kills',
    'stopsLongerThanAClaim',
    'slowCommitsMetByTheNext',
    'callbacksTriedAgain',
    'attemptsRefused',
    'attemptsTimedOut',
    'attemptsUnreachable',
    'attemptsAbandoned',
    'settlementsLost',
    'repeatsAfterA204',
  ]) {
    assert.ok((figures[name] ?? 0) > 0, `${name} in ${JSON.stringify(figures)}`);
  }
  assert.deepEqual(await readdir(folder), []);
});
