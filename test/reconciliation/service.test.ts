/**
 * Reconciliation in whole services: what a fake Resurs never told is found, delivered once by one of two replicas, and
 * shown. Everything is real but Resurs.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { plannedCallback, updateBody } from '../../src/simulator/callbacks.ts';
import { waitUntil } from '../harness/wait.ts';
import { sendCallback, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { parseScrape } from '../helpers/prometheus.ts';
import { startLosingResurs } from '../helpers/reconciled-resurs.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';
import { startStopwatch } from '../helpers/stopwatch.ts';

interface Reconciliation {
  readonly lastRunAt: string | null;
  readonly checked: number | null;
  readonly missed: number | null;
  readonly error: string | null;
  readonly failedInRow: number;
}

async function reconciliation(receiver: TestService): Promise<Reconciliation> {
  return ((await receiver.status('/status')) as { json: { reconciliation: Reconciliation } }).json.reconciliation;
}

async function setup(t: TestContext, more: Record<string, string> = {}) {
  const merchant = await startMerchant(t);
  const losing = await startLosingResurs(t);
  const { DIGEST_KEY: _, ...account } = losing.env;
  const env = { ...webhookEnv(merchant.url), ...account, RECONCILE_INTERVAL: '5m', ...more };
  return { merchant, ...losing, env };
}

test('what Resurs never told is delivered to the merchant once, and shown with its figures', async (t) => {
  const { merchant, happen, env } = await setup(t);
  await happen(
    plannedCallback('BOOKED', 'b-1', {}),
    plannedCallback('BOOKED', 'b-2', {}),
    plannedCallback('UPDATE', 'b-2', { body: updateBody('ANNUL', 'b-2', 0) }),
  );

  const first = await startTestService(t, { env });
  const second = await startTestService(t, { env, databaseUrl: first.databaseUrl });
  const received = await merchant.waitFor(2);
  assert.ok(await waitUntil(async () => (await reconciliation(second)).lastRunAt !== null));

  assert.deepEqual(
    received
      .map(({ body }) => JSON.parse(body))
      .map(({ type, data }) => [type, data.paymentId, data.missed, data.order.state])
      .toSorted(),
    [
      ['payment.reconciled', 'b-1', ['booked'], 'may_ship'],
      ['payment.reconciled', 'b-2', ['booked', 'annulled'], 'cancelled'],
    ],
  );
  const { checked, missed, error, failedInRow } = await reconciliation(second);
  assert.deepEqual([checked, missed, error, failedInRow], [2, 2, null, 0]);
  const lines = [...first.log, ...second.log].filter(({ event }) => String(event).startsWith('reconciliation.'));
  assert.deepEqual(
    lines.map(({ level, event }) => [level, event]),
    [['warn', 'reconciliation.done']],
  );
  const { samples } = parseScrape((await requestStatusApi(second, 'GET', '/metrics')).body);
  assert.ok((samples.get('resurs_reconciliation_last_run_timestamp_seconds') ?? 0) > 0);
  assert.equal(samples.get('resurs_reconciliation_failures_in_row'), 0);
});

test('a missed fact waits its turn behind an event of its payment that is not delivered', async (t) => {
  const { merchant, happen, env } = await setup(t, { WEBHOOK_RETRY_SCHEDULE: '50ms,50ms,50ms,50ms,50ms' });
  let refusals = 2;
  merchant.answerWith((request, response) => {
    const isRefused = JSON.parse(request.body).type === 'payment.booked' && refusals > 0;
    if (isRefused) refusals -= 1;
    status(isRefused ? 500 : 204)(request, response);
  });
  const receiver = await startTestService(t, { env: { ...env, RECONCILE_INTERVAL: '' } });
  await happen(
    plannedCallback('BOOKED', 'b-1', {}),
    plannedCallback('UPDATE', 'b-1', { body: updateBody('ANNUL', 'b-1', 0) }),
  );
  await sendCallback(receiver, 'BOOKED', 'b-1');

  await startTestService(t, { env, databaseUrl: receiver.databaseUrl });
  const received = await merchant.waitFor(4);

  assert.deepEqual(
    received.map(({ body }) => JSON.parse(body).type),
    ['payment.booked', 'payment.booked', 'payment.booked', 'payment.reconciled'],
  );
});

test('while Resurs does not answer, callbacks and deliveries go on, and a stop does not wait for it', async (t) => {
  const { merchant, resurs, env } = await setup(t);
  resurs.setQuirks({ connections: 'mute' });
  const receiver = await startTestService(t, { env });
  assert.ok(
    await waitUntil(async () => (await receiver.query('select from jobs where holder is not null')).length === 1),
  );

  await sendCallback(receiver, 'UNFREEZE', 'b-1');
  await merchant.waitFor(1);
  const watch = startStopwatch();
  await receiver.service.stop();

  assert.ok(watch.elapsedMs() < 5_000);
  assert.deepEqual(await receiver.query('select holder, started_at from jobs'), [{ holder: null, started_at: null }]);
});
