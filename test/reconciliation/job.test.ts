/** Reconciliation as the service runs it: its log, its figures, its failures, and its stop. The parts are scripted. */
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { readJobs } from '../../src/db/leader-lock.ts';
import { NO_SLOTS } from '../../src/deliveries/deliveries.ts';
import { createInbox } from '../../src/inbox/inbox.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { reconciliationState } from '../../src/reconciliation/outcome.ts';
import type { Parts } from '../../src/reconciliation/parts.ts';
import { createReconciliation } from '../../src/reconciliation/reconciliation.ts';
import type { ProviderPart } from '../../src/reconciliation/run.ts';
import { waitUntil } from '../harness/wait.ts';
import { DIGEST_KEY, validConfig } from '../helpers/config.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { missedPayment, scriptedPart, UNREACHABLE } from '../helpers/reconciliation.ts';

const ACCOUNT = { RESURS_USERNAME: 'shop', RESURS_PASSWORD: 'Vq4-password-Lw8' };

type Line = Readonly<Record<string, unknown>>;

async function setup(t: TestContext, parts: readonly ProviderPart[], env: Record<string, string> = {}) {
  const { db, query } = await createTestOutbox(t);
  const config = validConfig({ DIGEST_KEY, ...ACCOUNT, RECONCILE_INTERVAL: '1h', ...env });
  const log: Line[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().trim().split('\n')) log.push(JSON.parse(line));
      done();
    },
  });
  let closed = 0;
  let created = 0;
  let missed = 0;
  const createParts = (): Parts => {
    created += 1;
    return {
      all: parts,
      async close() {
        closed += 1;
      },
    };
  };
  const job = createReconciliation({
    ...createInbox({
      config,
      db,
      slots: NO_SLOTS,
      onBatch: () => undefined,
      onEvent: () => undefined,
      wakeDispatchers: () => undefined,
    }),
    config,
    db,
    createParts,
    clock: systemClock,
    logger: createLogger('info', destination),
    onMissed: () => {
      missed += 1;
    },
  });
  const stop = async () => job?.stop();
  t.after(stop);
  job?.start();
  return {
    query,
    stop,
    figures: () => ({ created, closed, missed }),
    async state() {
      return reconciliationState((await readJobs(db)).get('reconciliation'));
    },
    /** Waits until the run has ended, and returns its lines without times. */
    async ended() {
      assert.ok(await waitUntil(async () => (await readJobs(db)).get('reconciliation')?.finishedAt instanceof Date));
      return log.map(({ time: _, durationMs: __, eventId: ___, ...line }) => line);
    },
  };
}

const FIGURES = { checked: 0, reported: 0, missed: 0, notOurs: 0, tooYoung: 0, failed: 0, later: 0 };

test('a run that missed something warns, and names each payment with its facts', async (t) => {
  const { ended, figures, state } = await setup(t, [
    scriptedPart([missedPayment('100000016', ['booked', 'annulled'])], { others: ['reported'] }),
  ]);

  assert.deepEqual(await ended(), [
    {
      level: 'warn',
      event: 'payment.missed',
      provider: 'resurs-ecom',
      paymentId: '100000016',
      facts: 'booked,annulled',
    },
    {
      level: 'warn',
      event: 'reconciliation.done',
      ...FIGURES,
      checked: 2,
      reported: 1,
      missed: 1,
      clockDifferenceMs: 0,
    },
  ]);
  assert.equal(figures().missed, 1);
  const { lastRunAt, ...rest } = await state();
  assert.ok(lastRunAt instanceof Date);
  assert.deepEqual(rest, { checked: 2, missed: 1, failed: 0, error: null, failedInRow: 0, clockDifferenceMs: 0 });
});

test('a run that missed nothing is one line, and one more where the clocks differ by a minute', async (t) => {
  const { ended } = await setup(t, [
    scriptedPart([], { others: ['reported'], result: { outcome: 'done', clockDifferenceMs: 60_000 } }),
  ]);

  assert.deepEqual(
    (await ended()).map(({ level, event, checked, clockDifferenceMs }) => [level, event, checked, clockDifferenceMs]),
    [
      ['info', 'reconciliation.done', 1, 60_000],
      ['warn', 'reconciliation.clock', undefined, 60_000],
    ],
  );
});

test('a run that could not ask Resurs has failed, with what was done before', async (t) => {
  const { ended, state } = await setup(t, [scriptedPart([missedPayment('1', ['annulled'])], { result: UNREACHABLE })]);

  const [, line] = await ended();

  const { level, event, reason, missed } = line ?? {};
  assert.deepEqual(
    [level, event, reason, missed],
    ['error', 'reconciliation.failed', 'SOAP findPayments: connect ECONNREFUSED', 1],
  );
  const { error, failedInRow, missed: counted } = await state();
  assert.deepEqual([error, failedInRow, counted], [reason, 1, 1]);
});

test('a payment that could not be reported is named with the reason', async (t) => {
  const lookup = { ORDER_OWNERSHIP: 'lookup', ORDER_LOOKUP_URL: 'http://127.0.0.1:1/{paymentId}' };
  const { ended } = await setup(t, [scriptedPart([missedPayment('1', ['annulled'])])], lookup);

  assert.deepEqual((await ended())[0], {
    level: 'warn',
    event: 'payment.not_reported',
    provider: 'resurs-ecom',
    paymentId: '1',
    reason: 'ownership could not be determined',
  });
});

test('a stop ends the run, closes the connections to Resurs, and leaves the job as if it had not run', async (t) => {
  const started = Promise.withResolvers<void>();
  const hanging: ProviderPart = {
    provider: 'resurs-ecom',
    check: ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        started.resolve();
      }),
  };
  const { stop, state, figures, query } = await setup(t, [hanging]);
  await started.promise;

  await stop();

  assert.deepEqual(figures(), { created: 1, closed: 1, missed: 0 });
  const { lastRunAt, failedInRow } = await state();
  assert.deepEqual([lastRunAt, failedInRow], [null, 0]);
  assert.deepEqual(await query('select holder, started_at from jobs'), [{ holder: null, started_at: null }]);
});

test('without RECONCILE_INTERVAL nothing is created', async (t) => {
  const { figures } = await setup(t, [], { RECONCILE_INTERVAL: '' });

  assert.equal(figures().created, 0);
});
