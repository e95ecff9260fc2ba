/**
 * `npm run faults -- mixed --short`, as CI runs it, without configuration: every fault is injected, several at a time,
 * every promise is kept, and nothing is left behind. Everything is real.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { FAULTS } from '../../faults/mixed/faults.ts';
import { startFaults } from '../helpers/faults.ts';

interface Report {
  readonly seed: number;
  readonly kept: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly violationCounts: Readonly<Record<string, number>>;
  readonly faults: readonly { readonly name: string; readonly survived: number; readonly skipped: string | null }[];
  readonly verdicts: readonly { readonly promise: string; readonly kept: boolean; readonly violations: string[] }[];
}

test('every promise is kept while service, Postgres, network and merchant break at once, and nothing is left behind', async (t) => {
  const { folder, end } = await startFaults(t, ['mixed', '--short', '--json', '--seed', '20']);

  const { exitCode, stdout, stderr } = await end();

  const report: Report = JSON.parse(stdout || '{}');
  const broken = report.verdicts?.filter(({ kept }) => !kept) ?? [stderr];
  assert.deepEqual(broken, []);
  assert.deepEqual([exitCode, report.kept, report.seed], [0, true, 20]);
  assert.deepEqual(report.violationCounts, { lost: 0, invented: 0, storedTwice: 0, outOfOrder: 0, stuck: 0 });
  const { figures } = report;
  assert.equal(figures.attemptsAccepted, figures.events);
  // A run in which the faults had no effect would prove nothing.
  for (const name of [
    'eventsOfTheMerchantApi',
    'callbacksAnswered503',
    'callbacksUnreachable',
    'attemptsRefused',
    'attemptsTimedOut',
    'attemptsUnreachable',
    'attemptsAbandoned',
    'deadLettersReplayed',
  ]) {
    assert.ok((figures[name] ?? 0) > 0, `${name} in ${JSON.stringify(figures)}`);
  }
  assert.deepEqual(
    report.faults.map(({ name }) => name),
    FAULTS.map(({ name }) => name),
  );
  assert.deepEqual(
    report.faults.filter(({ survived, skipped }) => survived === 0 && skipped === null),
    [],
  );
  assert.deepEqual(await readdir(folder), []);
});

test('an unknown fault is rejected before anything starts', async (t) => {
  const { end } = await startFaults(t, ['mixed', '--only', 'kill,earthquake']);

  const { exitCode, stderr } = await end();

  assert.match(stderr, /no fault is called earthquake/);
  assert.equal(exitCode, 64);
});
