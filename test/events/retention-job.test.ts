/**
 * Retention in a running service: in the background, round after round, beside the callbacks, with log lines. SQL
 * inserts the old events; everything else is real. The pace of rounds is tested on the retention job alone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PruneResult } from '../../src/events/retention.ts';
import { createRetentionJob } from '../../src/events/retention-job.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { seedEvents } from '../harness/seed-events.ts';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { countRows, expireWindows, finishDeliveries, storedEvents } from '../helpers/database-state.ts';
import { sendCallback } from '../helpers/deliveries.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { queryOnce, startTestService, type TestService } from '../helpers/service.ts';

async function createDatabaseWithPast(t: Parameters<typeof createDatabase>[0], counts: Record<string, number>) {
  const { url } = await createDatabase(t);
  const query: TestService['query'] = (text, values) => queryOnce(url, text, values);
  for (const [payment, count] of Object.entries(counts)) await seedEvents({ query }, { count, payment, ageDays: 500 });
  return url;
}

function oldEvents(receiver: TestService): Promise<unknown[]> {
  return receiver.query(`select 1 from events where received_at < now() - interval '400 days'`);
}

const KEEP_400_DAYS = { RETENTION_DAYS: '400' };

test('5 000 old events are pruned in batches while callbacks are accepted, each with 204', async (t) => {
  const databaseUrl = await createDatabaseWithPast(t, { past: 5_000 });
  const receiver = await startTestService(t, { databaseUrl, env: KEEP_400_DAYS });
  const statuses: number[] = [];

  for (let n = 1; (await oldEvents(receiver)).length > 0; n += 1) {
    // New payments, and those whose old events are being pruned at this moment.
    const payments = [`new-${n}`, `past-${n}`, `past-${5_001 - n}`];
    const responses = await Promise.all(payments.map((payment) => send(receiver.url, target('UNFREEZE', payment))));
    statuses.push(...responses.map((response) => response.status));
  }

  assert.ok(statuses.length > 3, `${statuses.length} callbacks were accepted meanwhile`);
  assert.deepEqual(
    statuses.filter((status) => status !== 204),
    [],
  );
  const stored = await countRows(receiver);
  assert.deepEqual([stored.events, stored.identities], [statuses.length, statuses.length]);
});

test('the number of pruned events is logged, and nothing else of them', async (t) => {
  const databaseUrl = await createDatabaseWithPast(t, { 'a-payment-of-long-ago': 700 });
  const receiver = await startTestService(t, { databaseUrl, env: KEEP_400_DAYS });

  await waitUntil(async () => receiver.log.filter((line) => line.event === 'events.forgotten').length === 2);

  const lines = receiver.log.filter((line) => line.event === 'events.forgotten');
  assert.deepEqual(
    lines.map((line) => [line.level, line.count]),
    [
      ['info', 500],
      ['info', 200],
    ],
  );
  assert.ok(!receiver.logText().includes('a-payment-of-long-ago'));
});

test('the same callback after its window has passed and its event was pruned is a new event', async (t) => {
  const receiver = await startTestService(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [first] = await storedEvents(receiver);
  await receiver.query(`update events set received_at = received_at - interval '500 days'`);
  await finishDeliveries(receiver);
  await expireWindows(receiver);
  const second = await startTestService(t, { databaseUrl: receiver.databaseUrl, env: KEEP_400_DAYS });
  assert.ok(await waitUntil(async () => (await countRows(receiver)).events === 0));

  await sendCallback(second, 'UNFREEZE', 'p1');
  await sendCallback(receiver, 'UNFREEZE', 'p1');

  const [again, ...others] = await storedEvents(receiver);
  assert.deepEqual([again?.payment_id, again?.times, others.length], ['p1', 2, 0]);
  assert.notEqual(again?.id, first?.id);
});

test('a repeat of an old event that was stored with a longer window gets 204', async (t) => {
  const receiver = await startTestService(t, { env: { DEDUPE_WINDOW_DAYS: '90', RETENTION_DAYS: '90' } });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await finishDeliveries(receiver);
  await receiver.query(`update events set received_at = received_at - interval '60 days'`);
  await receiver.query(`update identities set expires_at = expires_at - interval '60 days'`);
  await seedEvents(receiver, { count: 1, ageDays: 60, payment: 'past' });
  const shorter = await startTestService(t, { databaseUrl: receiver.databaseUrl, env: { RETENTION_DAYS: '31' } });
  assert.ok(await waitUntil(async () => shorter.log.some((line) => line.event === 'events.forgotten')));

  const response = await send(shorter.url, target('UNFREEZE', 'p1'));

  assert.deepEqual([response.status, response.reason], [204, 'OK']);
});

test('a stop ends the wait between rounds, and a failed batch does not end the job', async () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line: string) => void lines.push(line) } as never);
  const batches: (PruneResult | Error)[] = [
    { events: 500, orders: 0, identities: 0, hasMore: true },
    { events: 0, orders: 0, identities: 500, hasMore: true },
    new Error('the database is unavailable'),
  ];
  const job = createRetentionJob({
    logger,
    async pruneBatch() {
      const batch = batches.shift();
      if (batch === undefined) throw new Error('called too soon');
      if (batch instanceof Error) throw batch;
      return batch;
    },
  });

  job.start();
  assert.ok(await waitUntil(async () => lines.length === 2));
  await job.stop();

  const [pruned, failed] = lines.map((line) => JSON.parse(line));
  assert.deepEqual([pruned.event, pruned.count], ['events.forgotten', 500]);
  assert.deepEqual([failed.event, failed.level], ['housekeeping.failed', 'warn']);
  assert.equal(batches.length, 0);
});
