/** A run over several parts: figures, failures, and its end on request. The parts are scripted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/db/client.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { errorOf, figuresOf, outcomeOf, reconciliationState } from '../../src/reconciliation/outcome.ts';
import type { ReportOutcome } from '../../src/reconciliation/part.ts';
import { type PartReport, type ProviderPart, reconcile } from '../../src/reconciliation/run.ts';
import { missedPayment, scriptedPart, UNREACHABLE } from '../helpers/reconciliation.ts';

const PAYMENT = missedPayment('1', ['annulled']);

interface Run {
  readonly report?: () => Promise<ReportOutcome>;
  readonly signal?: AbortSignal;
}

/** No statement is made, so no connection is. */
async function run(parts: readonly ProviderPart[], { report, signal }: Run = {}) {
  const db = openDatabase({ connectionString: 'postgres://nowhere', poolSize: 1, onConnectionError: () => undefined });
  try {
    return await reconcile({
      parts,
      db,
      clock: systemClock,
      graceMs: 0,
      since: null,
      dryRun: false,
      report: report ?? (async () => 'missed'),
      signal: signal ?? new AbortController().signal,
    });
  } finally {
    await db.close();
  }
}

test('figures of all parts are counted, each for itself and together', async () => {
  const reports = await run([
    scriptedPart([PAYMENT], { others: ['reported', 'reported', 'too_young'] }),
    scriptedPart([PAYMENT], { provider: 'resurs-mapi', result: { outcome: 'done', clockDifferenceMs: -70_000 } }),
  ]);

  assert.deepEqual(
    reports.map(({ provider, figures }) => [provider, figures.missed, figures.reported, figures.too_young]),
    [
      ['resurs-ecom', 1, 2, 1],
      ['resurs-mapi', 1, 0, 0],
    ],
  );
  assert.deepEqual(outcomeOf(reports), {
    outcome: 'succeeded',
    result: {
      checked: 5,
      reported: 2,
      missed: 2,
      notOurs: 0,
      tooYoung: 1,
      failed: 0,
      later: 0,
      clockDifferenceMs: -70_000,
    },
  });
});

const BROKEN: ProviderPart = { provider: 'resurs-ecom', check: () => Promise.reject(new Error('a defect')) };

for (const [name, part, error] of [
  ['could not ask Resurs', scriptedPart([], { result: UNREACHABLE }), 'SOAP findPayments: connect ECONNREFUSED'],
  ['ended with an error', BROKEN, 'a defect'],
] as const) {
  test(`a part that ${name} fails the run, and does not stop the next one`, async () => {
    const reports = await run([part, scriptedPart([PAYMENT], { provider: 'resurs-mapi' })]);

    assert.equal(errorOf(reports), error);
    assert.equal(outcomeOf(reports).outcome, 'failed');
    assert.equal(figuresOf(reports).missed, 1);
  });
}

test('a payment that could not be reported fails the run', async () => {
  const reports = await run([scriptedPart([PAYMENT])], { report: async () => 'failed' });

  assert.equal(errorOf(reports), '1 payment could not be checked');
});

test('a run that has to end reports nothing more, and starts no other part', async () => {
  const stop = new AbortController();
  let reported = 0;
  const report = async () => {
    reported += 1;
    stop.abort(new Error('the process stops'));
    return 'missed' as const;
  };

  await assert.rejects(
    run([scriptedPart([PAYMENT, PAYMENT]), scriptedPart([PAYMENT])], { report, signal: stop.signal }),
    /the process stops/,
  );
  assert.equal(reported, 1);
});

test('of a result that another version has stored, what is known is shown', () => {
  const state = reconciliationState({
    name: 'reconciliation',
    isRunning: false,
    startedAt: null,
    finishedAt: new Date(0),
    succeededAt: null,
    failedInRow: 2,
    error: 'HTTP 401',
    result: { checked: 'many', missed: 3, more: true },
  });

  assert.deepEqual(state, {
    lastRunAt: new Date(0),
    checked: null,
    missed: 3,
    failed: null,
    error: 'HTTP 401',
    failedInRow: 2,
    clockDifferenceMs: null,
  });
});

test('a run has failed where Resurs could not be asked or ten payments could not be checked, and not for one', () => {
  const report = (failed: number, error: string | null): PartReport => ({
    provider: 'resurs-ecom',
    figures: { reported: 1, missed: 0, not_ours: 0, too_young: 0, failed, later: 0 },
    clockDifferenceMs: null,
    unfinishedAt: null,
    error,
  });

  assert.equal(outcomeOf([report(9, null)]).outcome, 'succeeded');
  assert.equal(outcomeOf([report(5, null), report(5, null)]).outcome, 'failed');
  assert.equal(outcomeOf([report(0, 'HTTP 401')]).outcome, 'failed');
});
