/**
 * The metrics for Prometheus: counters of what happened, gauges of what waits, and no new time series by strangers or
 * payments. Real service, database and merchant; only the clock of the cache is replaced.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RESPONSES } from '../../src/callbacks/responses.ts';
import { ATTEMPT_OUTCOMES } from '../../src/db/schema.ts';
import { RESCUE_STEPS } from '../../src/deliveries/rescue.ts';
import { readVersion } from '../../src/lib/version.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { cachedFor } from '../../src/status/cached.ts';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { sendCallback, waitForAttempts, waitForLine, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { parseScrape, type Scrape } from '../helpers/prometheus.ts';
import { STATUS_TOKEN, startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const OURS = {
  resurs_alert: 'gauge',
  resurs_build_info: 'gauge',
  resurs_callback_duration_seconds: 'histogram',
  resurs_callbacks_total: 'counter',
  resurs_callbacks_waiting: 'gauge',
  resurs_commit_group_size: 'histogram',
  resurs_database_connections: 'gauge',
  resurs_database_connections_idle: 'gauge',
  resurs_database_up: 'gauge',
  resurs_database_waiting: 'gauge',
  resurs_deliveries_dead_letter: 'gauge',
  resurs_deliveries_delivering: 'gauge',
  resurs_deliveries_pending: 'gauge',
  resurs_delivery_attempt_duration_seconds: 'histogram',
  resurs_last_event_timestamp_seconds: 'gauge',
  resurs_log_lines_dropped_total: 'counter',
  resurs_oldest_pending_age_seconds: 'gauge',
  resurs_payment_read_duration_seconds: 'histogram',
  resurs_reconciliation_failures_in_row: 'gauge',
  resurs_reconciliation_last_run_timestamp_seconds: 'gauge',
  resurs_reconciliation_missed_total: 'counter',
  resurs_requests_refused_total: 'counter',
  resurs_rescue_failures_total: 'counter',
  resurs_snapshots_total: 'counter',
  resurs_status_requests_refused_total: 'counter',
  resurs_webhook_up: 'gauge',
};

async function scrape(receiver: TestService): Promise<Scrape> {
  const response = await requestStatusApi(receiver, 'GET', '/metrics');
  assert.equal(response.status, 200);
  assert.match(String(response.headers['content-type']), /^text\/plain; version=0\.0\.4\b/);
  return parseScrape(response.body);
}

/** The samples of one metric that are not 0. */
function counted({ samples }: Scrape, name: string): Record<string, number> {
  return Object.fromEntries([...samples].filter(([sample, value]) => sample.startsWith(`${name}{`) && value !== 0));
}

/** A service with one delivery in each state: delivered, dead letter, waiting for its next try, in flight. */
async function setup(t: TestContext) {
  const merchant = await startMerchant(t);
  merchant.answerWith(({ body }, response) => {
    const { paymentId } = JSON.parse(body).data;
    if (paymentId === 'hangs') return;
    response.writeHead(paymentId === 'fine' ? 200 : paymentId === 'dead' ? 410 : 500).end();
  });
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1h' }) });
  for (const paymentId of ['failing', 'fine', 'dead', 'hangs']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await waitForAttempts(receiver, 3);
  await merchant.waitFor(4);
  return receiver;
}

test('an idle service exposes every metric, none of them raised', async (t) => {
  const receiver = await startTestService(t);
  let { types, samples } = await scrape(receiver);
  // Right after the start, statements may wait until their first connections are open.
  const isIdle = await waitUntil(async () => {
    ({ types, samples } = await scrape(receiver));
    return samples.get('resurs_database_waiting') === 0;
  });

  assert.ok(isIdle);
  const ours = [...types].filter(([name]) => name.startsWith('resurs_')).sort();
  assert.deepEqual(Object.fromEntries(ours), OURS);
  assert.equal(samples.get(`resurs_build_info{version="${readVersion()}"}`), 1);
  assert.equal(samples.get('resurs_database_up'), 1);
  assert.ok((samples.get('resurs_database_connections') ?? 0) >= 1);
  for (const name of ['callbacks_waiting', 'deliveries_pending', 'oldest_pending_age_seconds']) {
    assert.equal(samples.get(`resurs_${name}`), 0, name);
  }
  assert.ok((samples.get('process_resident_memory_bytes') ?? 0) > 0, 'the process is measured too');
});

test('every counter exists with 0 before anything happens', async (t) => {
  const { samples } = await scrape(await startTestService(t));

  for (const outcome of [...Object.keys(RESPONSES), 'mocked']) {
    for (const type of [...CALLBACK_TYPES, 'other', 'unknown']) {
      assert.equal(
        samples.get(`resurs_callbacks_total{type="${type}",outcome="${outcome}",provider="resurs-ecom"}`),
        0,
        `${type} ${outcome}`,
      );
    }
  }
  for (const outcome of ATTEMPT_OUTCOMES) {
    assert.equal(samples.get(`resurs_delivery_attempt_duration_seconds_count{outcome="${outcome}"}`), 0, outcome);
  }
  for (const step of RESCUE_STEPS) {
    assert.equal(samples.get(`resurs_rescue_failures_total{step="${step}"}`), 0, step);
  }
});

/** The rules of `promtool check metrics` that a name can break. */
test('names of metrics follow the conventions of Prometheus', async (t) => {
  const { types } = await scrape(await startTestService(t));

  for (const [name, type] of types) {
    assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`);
    assert.doesNotMatch(
      name,
      /_(?:counter|gauge|histogram|summary|bucket|count|sum|milliseconds|ms|kb|percent)(?:_|$)/,
    );
  }
});

test('callbacks are counted by type and response, unknown types as other and missing ones as unknown', async (t) => {
  const receiver = await startTestService(t);
  for (const [type, paymentId] of [
    ['UNFREEZE', 'p1'],
    ['UNFREEZE', 'p1'],
    ['BRAND_NEW', 'p1'],
    ['BRANDNEWER', 'p1'],
  ] as const) {
    await sendCallback(receiver, type, paymentId);
  }
  for (const query of [
    'c=UNFREEZE&p=p1&d=wrong',
    'c=MADE_UP_BY_A_STRANGER&p=p1&d=wrong',
    'c=%20&p=p1',
    'p=p1',
    'c=TEST',
  ]) {
    await send(receiver.url, `/callbacks/resurs?${query}`);
  }
  await send(receiver.url, '/callbacks/resurs', { method: 'PUT' });

  const seen = await scrape(receiver);

  assert.deepEqual(counted(seen, 'resurs_callbacks_total'), {
    'resurs_callbacks_total{type="UNFREEZE",outcome="recorded",provider="resurs-ecom"}': 1,
    'resurs_callbacks_total{type="UNFREEZE",outcome="duplicate",provider="resurs-ecom"}': 1,
    'resurs_callbacks_total{type="other",outcome="recorded",provider="resurs-ecom"}': 2,
    'resurs_callbacks_total{type="UNFREEZE",outcome="digest_rejected",provider="resurs-ecom"}': 1,
    'resurs_callbacks_total{type="other",outcome="digest_rejected",provider="resurs-ecom"}': 1,
    'resurs_callbacks_total{type="unknown",outcome="malformed",provider="resurs-ecom"}': 2,
    'resurs_callbacks_total{type="TEST",outcome="test_taken",provider="resurs-ecom"}': 1,
    'resurs_callbacks_total{type="unknown",outcome="wrong_method",provider="resurs-ecom"}': 1,
  });
  assert.equal(seen.samples.get('resurs_callback_duration_seconds_count'), 10);
  assert.equal(seen.samples.get('resurs_callback_duration_seconds_bucket{le="+Inf"}'), 10);
  assert.ok((seen.samples.get('resurs_callback_duration_seconds_sum') ?? 0) > 0);
  assert.equal(seen.samples.get('resurs_commit_group_size_count'), 4);
  assert.equal(seen.samples.get('resurs_commit_group_size_sum'), 4);
});

test('attempts are measured by outcome, and the gauges of deliveries match the database', async (t) => {
  const receiver = await setup(t);
  await receiver.query(`update events set received_at = now() - interval '1 h' where payment_key = 'failing'`);

  const { samples } = await scrape(receiver);

  const attempt = (outcome: string) =>
    samples.get(`resurs_delivery_attempt_duration_seconds_count{outcome="${outcome}"}`);
  assert.deepEqual(['accepted', 'refused', 'timed_out'].map(attempt), [1, 2, 0]);
  const gauge = (name: string) => samples.get(`resurs_deliveries_${name}`);
  assert.deepEqual(['pending', 'delivering', 'dead_letter'].map(gauge), [1, 1, 1]);
  const age = samples.get('resurs_oldest_pending_age_seconds') ?? 0;
  assert.ok(Math.abs(age - 3_600) < 60, `${age} s`);
  const lastEvent = samples.get('resurs_last_event_timestamp_seconds') ?? 0;
  assert.ok(Math.abs(lastEvent - Date.now() / 1000) < 60, `${lastEvent}`);
});

test('resurs_webhook_up is 1 until the webhook is down, and absent without a webhook', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(status(500));
  const without = await startTestService(t);
  const env = webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1h' });
  const receiver = await startTestService(t, { env });
  const before = await scrape(receiver);
  for (let n = 1; n <= 5; n += 1) await sendCallback(receiver, 'UNFREEZE', `p${n}`);

  await waitForLine(receiver, 'webhook.down');
  const after = await scrape(receiver);

  assert.deepEqual(
    [before, after].map(({ samples }) => samples.get('resurs_webhook_up')),
    [1, 0],
  );
  assert.equal((await scrape(without)).samples.has('resurs_webhook_up'), false);
});

test('figures of the database are cached for three seconds and then read once for all callers', async () => {
  let [nowMs, reads] = [0, 0];
  const { promise: hanging, resolve } = Promise.withResolvers<void>();
  const read = cachedFor(3_000, { now: () => nowMs, elapsed: () => nowMs }, async () => {
    reads += 1;
    if (reads === 2) await hanging;
    return reads;
  });

  const first = await read();
  nowMs = 2_999;
  const soon = await read();
  nowMs = 3_000;
  const together = [read(), read()];
  nowMs = 9_000;
  together.push(read());
  resolve();

  assert.deepEqual([first, soon, ...(await Promise.all(together))], [1, 1, 2, 2, 2]);
});

test('without the database the metrics of the process remain, and unknown values are left out', async (t) => {
  const proxy = await startDatabaseProxy(t, (await createDatabase(t)).url);
  const receiver = await startTestService(t, { databaseUrl: proxy.url });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await proxy.leave();

  const { samples } = await scrape(receiver);

  assert.equal(samples.get('resurs_database_up'), 0);
  assert.equal(samples.get('resurs_callbacks_total{type="UNFREEZE",outcome="recorded",provider="resurs-ecom"}'), 1);
  const ofDatabase = [...samples.keys()].filter((name) => /^resurs_(deliveries|oldest|last)_/.test(name));
  assert.deepEqual(ofDatabase, []);
});

test('the metrics contain no payment, secret or invented type', async (t) => {
  const receiver = await setup(t);
  await send(receiver.url, target('MADE_UP_BY_A_STRANGER', 'p-4711'));

  const { body } = await requestStatusApi(receiver, 'GET', '/metrics');

  for (const word of ['failing', 'hangs', 'p-4711', 'MADE_UP', STATUS_TOKEN, 'whsec', '127.0.0.1']) {
    assert.ok(!body.includes(word), word);
  }
});

test('two services in one process have separate counters', async (t) => {
  const [busy, quiet] = [await startTestService(t), await startTestService(t)];
  await sendCallback(busy, 'UNFREEZE', 'p1');

  const [seen, unseen] = [await scrape(busy), await scrape(quiet)];

  assert.equal(Object.keys(counted(seen, 'resurs_callbacks_total')).length, 1);
  assert.deepEqual(counted(unseen, 'resurs_callbacks_total'), {});
});
